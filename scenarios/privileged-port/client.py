"""Visits servers of four protocols; no port is named anywhere.  python3 client.py [host]"""

import ftplib
import http.client
import smtplib
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    with ftplib.FTP(host) as ftp:
        print("ftp:", ftp.login(), flush=True)
    with smtplib.SMTP(host) as smtp:
        print("smtp:", *smtp.ehlo(), flush=True)
    web = http.client.HTTPConnection(host)
    web.request("GET", "/")
    answer = web.getresponse()
    print("http:", answer.status, answer.reason, flush=True)
    try:
        http.client.HTTPSConnection(host).connect()
    except ConnectionRefusedError as error:
        print("https:", error.strerror, flush=True)


if __name__ == "__main__":
    main()
