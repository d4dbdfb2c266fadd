"""Tests of flows: cases as data, doubles of processors, expectations."""
