#!/bin/sh
# sh examples/curl.sh [ADDRESS] [FOLDER]: lists models, draws, and repaints, all by calls of a running `flexvar serve`.
set -eu
address=${1:-http://127.0.0.1:8080}
folder=${2:-out}
mask=$(dirname "$0")/mask.png
mkdir -p "$folder"

# Any HTTP error ends the script; the server's words on it go to stderr. A token comes from FLEXVAR_TOKEN.
call() {
  curl --silent --show-error --max-time 120 --header "Authorization: Bearer ${FLEXVAR_TOKEN:-none}" \
    --output "$folder/reply.json" --write-out '%{http_code}' "$@" >"$folder/status"
  case $(cat "$folder/status") in 2??) ;; *) cat "$folder/reply.json" >&2; exit 1 ;; esac
}

# The first picture of the last reply, from base64 to a file.
save() {
  node -e 'const [reply, out] = process.argv.slice(1), fs = require("node:fs");
    const [{ b64_json }] = JSON.parse(fs.readFileSync(reply, "utf8")).data;
    fs.writeFileSync(out, Buffer.from(b64_json, "base64"));' "$folder/reply.json" "$1"
}

call "$address/v1/models"
cat "$folder/reply.json"

call "$address/v1/images/generations" --header 'Content-Type: application/json' \
  --data '{"class_labels": ["grinning face"], "n": 1, "seed": 7}'
save "$folder/drawn.png"

call "$address/v1/images/edits" --form "image=@$folder/drawn.png" --form "mask=@$mask" \
  --form class_labels="grinning face" --form seed=1
save "$folder/edited.png"
rm "$folder/reply.json" "$folder/status"
