from __future__ import annotations

from engine import Event
from processors.batch._looking import LookingOperation


class Status(LookingOperation):
    """Tell how far a batch job is.

    The result is a map: batchJobInstanceId, jobName, status (LOADING, EXECUTING, SUCCESSFUL, CANCELLED, FAILED_LOADING,
    FAILED_PROCESS_RECORDS, FAILED_ON_COMPLETE), totalRecords, loadedRecords, processedRecords, successfulRecords,
    failedRecords, elapsedTimeInMillis, recordsPerSecond, secondsLeft (null if nobody knows), failedOnLoadingPhase,
    failedOnCompletePhase, and reason, if no record is to blame.

    Example:
        given: {payload: [1, 2]}
        run:
          - batch:job: {jobName: numbers, process-records: [{name: look, steps: [{logger: {message: "#[payload]"}}]}]}
          - batch:status: {jobName: numbers, instance: "#[payload.batchJobInstanceId]"}
        expect: {payload: {$contains: {status: SUCCESSFUL, totalRecords: 2, processedRecords: 2}}}
    """

    async def run(self, event: Event) -> Event:
        _, job = await self.found(event)
        return self.deliver(event, job.result())
