# The same as echo.c with Net::Async::FastCGI: many requests at once in one process.
use strict; use warnings;
use IO::Async::Loop; use Net::Async::FastCGI;
my $loop = IO::Async::Loop->new;
my $fastcgi = Net::Async::FastCGI->new(
    default_encoding => undef,
    on_request => sub {
        my ($self, $request) = @_;
        $request->set_encoding(undef);
        my %env = %{ $request->params };
        my $variables = 0;
        $variables += length("$_=$env{$_}") for keys %env;
        my $query = $env{QUERY_STRING} // '';
        kill 'KILL', $$ if $query eq 'abort';
        $request->print_stderr("a word of errors\n") if $query eq 'errors';
        $request->print_stdout(
            "Content-Type: application/octet-stream\r\n"
              . "X-Method: $env{REQUEST_METHOD}\r\nX-Path: $env{PATH_INFO}\r\n"
              . 'X-Length: ' . ($env{CONTENT_LENGTH} // '') . "\r\nX-Variables: $variables\r\n\r\n");
        my $left = $env{CONTENT_LENGTH} || 0;
        $request->print_stdout($request->read_stdin($left)) if $left > 0;
        $request->finish($query eq 'status' ? 7 : 0);
    },
);
$loop->add($fastcgi);
$fastcgi->listen(
    addr => { family => 'unix', socktype => 'stream', path => $ARGV[0] },
    on_listen_error => sub { die "cannot listen: $_[-1]" },
);
$loop->run;
