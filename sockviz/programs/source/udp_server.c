/* An echo server for datagrams: no listener, no connections, one socket for everybody. */

#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    struct sockaddr_in address = {.sin_family = AF_INET}, client;
    socklen_t size = sizeof client;
    char data[4096];
    ssize_t length;

    if (argc != 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        errx(2, "usage: udp_server ADDRESS PORT");
    address.sin_port = htons(atoi(argv[2]));

    int everybody = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(everybody, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s:%s", argv[1], argv[2]);

    while ((length = recvfrom(everybody, data, sizeof data, 0, (struct sockaddr *)&client, &size)) >= 0)
        sendto(everybody, data, length, 0, (struct sockaddr *)&client, size);
    close(everybody);
}
