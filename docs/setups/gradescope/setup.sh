#!/usr/bin/env bash
# Gradescope runs this once, as root, when it makes the autograder's image: Python and the lab.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

apt-get update -q
apt-get install -y -q --no-install-recommends python3 python3-venv openssh-client ca-certificates
python=python3
if ! recent "$python"; then # Ubuntu 22.04
    apt-get install -y -q --no-install-recommends python3.11 python3.11-venv
    python=python3.11
fi
cd "${AUTOGRADER:-/autograder}/source/socket-lab"
"$python" lab/bootstrap.py .venv
