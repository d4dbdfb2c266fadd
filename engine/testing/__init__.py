"""Tests of flows: cases as data, what stands in for processors, what is expected."""
