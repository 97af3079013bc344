"""Tests of the server for foreign front servers, against the started command."""
