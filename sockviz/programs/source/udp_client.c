/* A client of the echo server for datagrams: nothing to connect to, and no promise of an answer. */

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
        errx(2, "usage: udp_client ADDRESS PORT TEXT");
    address.sin_port = htons(atoi(argv[2]));

    int messages = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(messages, argv[3], strlen(argv[3]), 0, (struct sockaddr *)&address, sizeof address);
    ssize_t length = recvfrom(messages, data, sizeof data, 0, NULL, NULL);
    close(messages);

    if (length < 0)
        err(1, "no answer");
    printf("%.*s\n", (int)length, data);
}
