"""What the fields of a packet mean, in a sentence each, for somebody who sees them for the first time."""

from typing import Final

EXPLANATIONS: Final[dict[str, dict[str, str]]] = {
    "ethernet": {
        "dst": "The network card this frame is for; loopback has none and writes zeros.",
        "src": "The network card that sent it.",
        "type": "What is inside.",
    },
    "vlan": {
        "vlan": "Number of the virtual network.",
        "type": "What is inside.",
    },
    "ipv4": {
        "version": "4: addresses of 32 bits.",
        "ihl": "Length of this header, in words of 4 bytes.",
        "tos": "How urgent it is to routers (DSCP), and whether the way is congested (ECN).",
        "len": "Bytes of this header and everything inside it.",
        "id": "Tells which fragments belong together.",
        "flags": "DF: routers may not cut it into fragments. MF: more fragments follow.",
        "frag": "Where this fragment belongs, in units of 8 bytes.",
        "ttl": "Each router on the way takes 1 off; at 0 the packet is thrown away.",
        "proto": "What is inside.",
        "chksum": "Sum over this header, so that damage is noticed.",
        "src": "The host that sent it.",
        "dst": "The host it is for.",
        "options": "Rarely used.",
    },
    "ipv6": {
        "version": "6: addresses of 128 bits.",
        "tc": "How urgent it is to routers (DSCP), and whether the way is congested (ECN).",
        "fl": "The same for all packets of a connection, so that routers keep them together.",
        "plen": "Bytes after this header.",
        "nh": "What is inside.",
        "hlim": "Each router on the way takes 1 off; at 0 the packet is thrown away.",
        "src": "The host that sent it.",
        "dst": "The host it is for.",
    },
    "tcp": {
        "sport": "The port of the socket that sent it.",
        "dport": "The port of the socket it is for.",
        "seq": "Number of the first byte carried here. SYN and FIN count as one byte each.",
        "ack": "The next byte number that the sender wants: all before it has arrived. Valid with ACK.",
        "dataofs": "Length of this header, in words of 4 bytes.",
        "reserved": "Not used.",
        "flags": "SYN opens, FIN ends one direction, RST breaks off, ACK acknowledges, PSH: deliver now.",
        "window": "How many bytes the sender has room for, to be multiplied by the window scale of its SYN.",
        "chksum": "Sum over header, data and addresses. The network card often fills it in only later.",
        "urgptr": "End of urgent data; valid with URG, hardly ever used.",
        "options": "What the two ends agree on; most of it is said only in the SYN and the SYN|ACK.",
    },
    "raw": {
        "load": "The program's data (only its beginning is kept).",
    },
}
