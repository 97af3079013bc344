"""Tests of the CGI launcher, against a started one."""
