/* One client after the other, each gets back what it sends: `echo_server PORT`. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        return 1;
    }
    listen(listener, 5);
    for (;;) {
        char buffer[256];
        ssize_t count;
        int connection = accept(listener, NULL, NULL);
        while ((count = read(connection, buffer, sizeof buffer)) > 0)
            write(connection, buffer, count);
        close(connection);
        printf("client gone\n");
    }
}
