/* Answers with the input of the request, and says in fields what it was told. */
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>

static const char *of(const char *name, FCGX_Request *request) {
  const char *value = FCGX_GetParam(name, request->envp);
  return value == NULL ? "" : value;
}

int main(void) {
  static char piece[65536];
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    size_t variables = 0;
    int count;
    for (char **one = request.envp; *one != NULL; one++) variables += strlen(*one);
    const char *query = of("QUERY_STRING", &request);
    if (strcmp(query, "errors") == 0) FCGX_FPrintF(request.err, "a word of errors\n");
    if (strcmp(query, "abort") == 0) abort();
    FCGX_FPrintF(request.out, "Content-Type: application/octet-stream\r\n");
    FCGX_FPrintF(request.out, "X-Method: %s\r\nX-Path: %s\r\n", of("REQUEST_METHOD", &request), of("PATH_INFO", &request));
    FCGX_FPrintF(request.out, "X-Length: %s\r\nX-Variables: %d\r\n\r\n", of("CONTENT_LENGTH", &request), (int)variables);
    while ((count = FCGX_GetStr(piece, sizeof piece, request.in)) > 0) FCGX_PutStr(piece, count, request.out);
    if (strcmp(query, "status") == 0) FCGX_SetExitStatus(7, request.out);
    FCGX_Finish_r(&request);
  }
  return 0;
}
