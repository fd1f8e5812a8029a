/* A client of the echo server: it says something, and shows what comes back. */

#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char data[4096];

    if (argc != 4 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        errx(2, "usage: client ADDRESS PORT TEXT");
    address.sin_port = htons(atoi(argv[2]));

    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s:%s", argv[1], argv[2]);
    send(connection, argv[3], strlen(argv[3]), MSG_NOSIGNAL);
    ssize_t length = recv(connection, data, sizeof data, 0);
    close(connection);

    if (length < 0)
        err(1, "no answer");
    printf("%.*s\n", (int)length, data);
}
