/* One client; what is typed goes to it, what it sends is printed: `chat_server PORT`. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&address, sizeof address);
    listen(listener, 1);
    int peer = accept(listener, NULL, NULL);
    for (;;) {
        char buffer[256];
        ssize_t count;
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(STDIN_FILENO, &ready);
        FD_SET(peer, &ready);
        select(peer + 1, &ready, NULL, NULL, NULL);
        int from = FD_ISSET(peer, &ready) ? peer : STDIN_FILENO;
        if ((count = read(from, buffer, sizeof buffer)) <= 0)
            return 0;
        write(from == peer ? STDOUT_FILENO : peer, buffer, count);
    }
}
