# A FastCGI responder of Perl on descriptor 0.
use strict;
use warnings;
use FCGI;

my $request = FCGI::Request();
while ($request->Accept() >= 0) {
    print "Content-Type: text/plain\r\n\r\nperl, pid $$\n";
}
