/* A client that connects, reads once and closes: `read_once ADDRESS PORT`. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    char buffer[64];
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    if (connect(peer, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    ssize_t count = read(peer, buffer, sizeof buffer);
    printf("read %zd bytes\n", count);
    close(peer);
    return argc == 3 ? 0 : 2;
}
