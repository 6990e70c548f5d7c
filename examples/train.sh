#!/bin/sh
# A training that is no Python at all: logistic regression by SGD with momentum, in awk.
#
#   golden run examples/train.toml --jobs 2 -- sh examples/train.sh {lr} {momentum}
#
# The seeds come as environment variables. Every line of the output that is JSON and has the measure's name is taken:
# with a "step" it is shown on the trial's page, and the last one is the result.
below() { echo $(($1 % 2147483647)); } # some awks take no larger seeds
awk -v lr="$1" -v momentum="$2" -v cases="$(below "$GOLDEN_SPLIT")" -v order="$(below "$GOLDEN_ORDER_SEED")" \
    -v start="$(below "$GOLDEN_SEED")" '
function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }

function make(n,   j, z) {                      # case n: ten features, and a label that the first five tell
    z = 0
    for (j = 1; j <= 10; j++) { x[n, j] = normal(); if (j <= 5) z += x[n, j] }
    y[n] = (rand() < 1 / (1 + exp(-z))) ? 1 : -1
}

function score(n,   j, z) {
    z = w[0]
    for (j = 1; j <= 10; j++) z += w[j] * x[n, j]
    return y[n] * z
}

function loss(   n, m, sum) {                   # of the 300 test cases
    for (n = 201; n <= 500; n++) { m = score(n); sum += (m < -30) ? -m : log(1 + exp(-m)) }
    return sum / 300
}

BEGIN {
    srand(cases); for (n = 1; n <= 500; n++) make(n)
    srand(start); for (j = 0; j <= 10; j++) w[j] = 0.1 * normal()
    srand(order)
    for (pass = 1; pass <= 3; pass++) {
        for (step = 1; step <= 200; step++) {
            n = 1 + int(200 * rand()); m = score(n)
            slope = (m > 30) ? 0 : -y[n] / (1 + exp(m))
            for (j = 0; j <= 10; j++) {
                v[j] = momentum * v[j] - lr * slope * (j ? x[n, j] : 1)
                w[j] += v[j]
            }
        }
        printf "{\"step\": %d, \"loss\": %.6f}\n", pass, loss()
    }
}'
