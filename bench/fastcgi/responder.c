/* A FastCGI application of libfcgi that answers 13 octets. */
#include <fcgi_stdio.h>

int main(void) {
  while (FCGI_Accept() >= 0) printf("Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n");
  return 0;
}
