# The same as echo.c with FCGI of Perl, in as many processes as it is told.
use strict; use warnings;
use FCGI; use IO::Handle;
my ($path, $processes) = @ARGV;
my $socket = FCGI::OpenSocket($path, 64);
for (2 .. $processes) { last if fork == 0 }
my ($in, $out, $err) = (IO::Handle->new, IO::Handle->new, IO::Handle->new);
my %env;
my $request = FCGI::Request($in, $out, $err, \%env, $socket);
while ($request->Accept() >= 0) {
    my $variables = 0;
    $variables += length("$_=$env{$_}") for keys %env;
    my $query = $env{QUERY_STRING} // '';
    print $err "a word of errors\n" if $query eq 'errors';
    kill 'KILL', $$ if $query eq 'abort';
    print $out "Content-Type: application/octet-stream\r\n";
    print $out "X-Method: $env{REQUEST_METHOD}\r\nX-Path: $env{PATH_INFO}\r\n";
    print $out 'X-Length: ', $env{CONTENT_LENGTH} // '', "\r\nX-Variables: $variables\r\n\r\n";
    my $piece;
    while (read($in, $piece, 65536)) { print $out $piece }
    $request->Finish();
}
