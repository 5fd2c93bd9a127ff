#!/bin/sh
# Set up the authors' 2014 code in FOLDER: their sources, Python 2.7 with Theano 0.7, MNIST, and env.sh to be sourced.
# What is there already is left as it is, so that sources or an environment from elsewhere can be put in place first.
#
# usage: benchmarks/original/setup.sh FOLDER MNIST
#   FOLDER  about 250 MB, e.g. work/original
#   MNIST   folder of the four unpacked IDX files, e.g. data/raw/mnist
# example: benchmarks/original/setup.sh work/original data/raw/mnist && . work/original/env.sh
set -eu
[ $# = 2 ] || { sed -n 's/^# //p' "$0"; exit 2; }

ADVERSARIAL=27eac03      # 2014-06-26; the only later commit changes one word
PYLEARN2=360dac5         # 2014-06-30; on mnist.yaml's path what feca8e9 does, which the authors' README names
PACKAGES="numpy==1.10.4 scipy==1.2.3 six==1.16.0 Theano==0.7.0 PyYAML==3.13"  # installed one by one, in this order
VIRTUALENV=virtualenv==20.15.1  # the last for Python 2.7

cat <<TEXT
The authors' 2014 code needs git, g++, OpenBLAS (Debian: libopenblas-dev) and Python 2.7 with pip and a shared
libpython (PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 2.7.18; another one: PYTHON2=FILE). Its sources are cloned
from https://github.com/goodfeli/adversarial at $ADVERSARIAL and https://github.com/lisa-lab/pylearn2 at $PYLEARN2.
TEXT
stop() { echo "error: $1" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
mnist=$(cd "$2" 2>/dev/null && pwd) || stop "$2: no such folder; name that of MNIST's four unpacked IDX files"

clone() {  # URL, commit, folder
    [ -d "$3" ] && return
    rm -rf "$3.partial"
    git clone --quiet "$1" "$3.partial" && git -C "$3.partial" checkout --quiet "$2" || stop "$1: cannot be cloned"
    mv "$3.partial" "$3"
}
mkdir -p "$folder/src" "$folder/data"
clone https://github.com/goodfeli/adversarial $ADVERSARIAL "$folder/src/adversarial"
clone https://github.com/lisa-lab/pylearn2 $PYLEARN2 "$folder/src/pylearn2"
[ -e "$folder/data/mnist" ] || ln -s "$mnist" "$folder/data/mnist"

if [ ! -e "$folder/env" ]; then
    python=${PYTHON2:-$(PYENV_VERSION=2.7.18 pyenv which python 2>/dev/null || command -v python2.7 || true)}
    [ -n "$python" ] || stop "Python 2.7 is missing; install it, or name it: PYTHON2=FILE"
    command -v g++ >/dev/null || stop "g++ is missing; Theano compiles with it"
    rm -rf "$folder/env.partial"
    "$python" -m pip install --quiet --target "$folder/tools" $VIRTUALENV
    PYTHONPATH=$folder/tools "$python" -m virtualenv --quiet "$folder/env.partial"
    for package in $PACKAGES; do "$folder/env.partial/bin/python" -m pip install --quiet "$package"; done
    library=$("$python" -c "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))")
    for file in "$library"/libpython2.7.so*; do  # Theano links with -lpython2.7 from there
        [ -e "$file" ] && ln -sf "$file" "$folder/env.partial/lib/"
    done
    mv "$folder/env.partial" "$folder/env"
fi

flags="floatX=float32,device=cpu,openmp=False,base_compiledir=$folder/compiled,blas.ldflags=-lopenblas"
cat > "$folder/env.sh" <<TEXT
export THEANO_FLAGS='$flags,gcc.cxxflags=-std=gnu++98 -fpermissive -w' THEANORC=/dev/null
export PYTHONPATH='$folder/src/pylearn2:$folder/src' PYTHONDONTWRITEBYTECODE=1 PYLEARN2_DATA_PATH='$folder/data'
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 PY='$folder/env/bin/python'
TEXT
. "$folder/env.sh"
"$PY" -c "import theano, pylearn2, adversarial" || stop "$folder: cannot import the 2014 code, see above"
echo "$folder: ready; . $folder/env.sh sets PY and what it needs"
