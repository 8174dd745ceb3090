"""As the texts do it: no socket is bound to an interface or an address."""

import socket
import sys

port = int(sys.argv[1])
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
four.sendto(b"limited broadcast", ("255.255.255.255", port))
four.sendto(b"subnet broadcast", ("10.77.0.255", port))
four.sendto(b"multicast", ("239.77.0.1", port))
six.sendto(b"multicast of the link", ("ff02::77%eth0", port))
six.sendto(b"multicast of the site", ("ff05::77", port))
