# usage: same.sh PREFIX OPTION...: runs PREFIX.mlir on PREFIX.ids.npy as compiled code and on
# machines of several lanes, and compares the results.
set -e
prefix=$1
shift
dota-run $prefix.mlir "$@" --level=linalg --input=$prefix.ids.npy --output=$prefix.x0.npy --output=$prefix.x1.npy
for lanes in 1 2 4 8; do
  dota-run $prefix.mlir "$@" --lanes=$lanes --input=$prefix.ids.npy --output=$prefix.y0.npy --output=$prefix.y1.npy
  cmp $prefix.x0.npy $prefix.y0.npy
  cmp $prefix.x1.npy $prefix.y1.npy
done
