/* A FastCGI responder on libfcgi. Its first argument may be the path of a socket to bind; else it takes descriptor 0.
   ?keep=0 closes the connection after this answer, ?wait=FILE answers when FILE is there (FILE.seen says that it waits), ?exit=N ends in the middle,
   ?leave=N ends after the answer. */
#include <fcgiapp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char value[256];

static const char *of(const char *query, const char *name) {
    size_t length = strlen(name);
    for (const char *at = query; at != NULL && *at != 0; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            snprintf(value, sizeof value, "%s", at + length + 1);
            value[strcspn(value, "&")] = 0;
            return value;
        }
    }
    return NULL;
}

int main(int count, char **words) {
    FCGX_Request request;
    int served = 0;
    int listening = 0;
    FCGX_Init();
    if (count > 1) listening = FCGX_OpenSocket(words[1], 10);
    if (getenv("SLOW_START") != NULL) while (access(getenv("SLOW_START"), F_OK) != 0) usleep(5000);
    FCGX_InitRequest(&request, listening, 0);
    while (FCGX_Accept_r(&request) == 0) {
        const char *given = FCGX_GetParam("QUERY_STRING", request.envp);
        char query[1024];
        const char *asked;
        char body[4096];
        long read = 0;
        int got;
        snprintf(query, sizeof query, "%s", given == NULL ? "" : given);
        while ((got = FCGX_GetStr(body, sizeof body, request.in)) > 0) read += got;
        if ((asked = of(query, "wait")) != NULL) {
            snprintf(body, sizeof body, "%s.seen", asked);
            close(open(body, O_CREAT | O_WRONLY, 0644));
            while (access(asked, F_OK) != 0) usleep(5000);
        }
        if ((asked = of(query, "exit")) != NULL) _exit(atoi(asked));
        served++;
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\npid %d, served %d, read %ld, uid %d\n",
                     (int)getpid(), served, read, (int)getuid());
        if ((asked = of(query, "keep")) != NULL && asked[0] == '0') request.keepConnection = 0;
        FCGX_Finish_r(&request);
        if ((asked = of(query, "leave")) != NULL) exit(atoi(asked));
    }
    return 0;
}
