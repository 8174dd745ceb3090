"""The socket of the container engine, whoever talks to it owns the machine."""

import os
import socket
import stat

places = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
          "/run/crio/crio.sock", "/run/user/1000/docker.sock", "/host/run/docker.sock"]
for folder, _, files in os.walk("/run"):
    places += [os.path.join(folder, name) for name in files]
for folder in ("/var/lib", "/mnt", "/media", "/srv", "/opt", "/host", "/tmp", "/home"):
    for inner, _, files in os.walk(folder):
        places += [os.path.join(inner, name) for name in files if "sock" in name]
for place in places:
    try:
        if stat.S_ISSOCK(os.stat(place).st_mode):
            print("ESCAPED there is", place)
    except OSError:
        continue
own = socket.gethostbyname("server").rpartition(".")[0]
for place in ("172.17.0.1", "127.0.0.1", f"{own}.1", "198.51.100.7"):
    for port in (2375, 2376, 2377, 4243, 10250):
        try:
            socket.create_connection((place, port), timeout=0.05).close()
            print("ESCAPED connected to", place, port)
        except OSError:
            continue
for path in ("/proc/self/mountinfo",):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if "docker.sock" in line or " /work" in line or " /root" in line:
                print("ESCAPED a mount of the machine:", line.strip())
