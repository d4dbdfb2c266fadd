"""What a test puts upon the steps of an application: mocks, spies, faults, a clock, a border."""
