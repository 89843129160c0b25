"""The service measured against controls on generated catalogues: `make bench`, never part of the tests."""
