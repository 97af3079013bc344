#!/usr/bin/perl
# The same as echo.c as a CGI script.
use strict; use warnings;
my $variables = 0;
$variables += length("$_=$ENV{$_}") for keys %ENV;
my $query = $ENV{QUERY_STRING} // '';
print STDERR "a word of errors\n" if $query eq 'errors';
kill 'KILL', $$ if $query eq 'abort';
# All of it first: fcgiwrap reads no output before it has passed on all input.
my $input = do { local $/; <STDIN> } // '';
print "Content-Type: application/octet-stream\r\n";
print "X-Method: $ENV{REQUEST_METHOD}\r\nX-Path: $ENV{PATH_INFO}\r\n";
print 'X-Length: ', $ENV{CONTENT_LENGTH} // '', "\r\nX-Variables: $variables\r\n\r\n";
print $input;
