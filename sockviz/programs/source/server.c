/* An echo server: it sends back what it receives, to one client after the other. */

#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char data[4096];
    ssize_t length;
    int connection, on = 1;

    if (argc != 4 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        errx(2, "usage: server ADDRESS PORT BACKLOG");
    address.sin_port = htons(atoi(argv[2]));

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s:%s", argv[1], argv[2]);
    listen(listener, atoi(argv[3]));

    while ((connection = accept(listener, NULL, NULL)) >= 0) {
        while ((length = recv(connection, data, sizeof data, 0)) > 0)
            send(connection, data, length, MSG_NOSIGNAL);
        close(connection);
    }
    close(listener);
}
