// Loss and logit gradient of each image: the formulas of ../losses.py, one image per vector element.
#pragma once

#include "vector.h"

constexpr int CLASSES = 10;

enum Loss { SSE, GOLDEN_UNSQUARED, GOLDEN, GOLDEN_LITERAL, CROSS_ENTROPY };  // the order of lanes.LOSSES

template <class T> struct Term {
    Vec<T> value, rate;  // one class's loss, and its derivative with respect to the distance |y - t|
};

template <class T> INLINE Term<T> golden_term(int loss, Vec<T> gap) {
    constexpr T half_root = T(0.70710678118654752440), quarter_pi = T(0.78539816339744830962);
    constexpr T slope_factor = quarter_pi * half_root;  // pi / (4 sqrt 2)
    const T shift = loss == GOLDEN_UNSQUARED ? T(1) : T(1.41421356237309504880);
    const Vec<T> delta = (gap < Types<T>::gap_floor ? broadcast(Types<T>::gap_floor) : gap) * quarter_pi;
    const Vec<T> sin = sine<T>(delta), cos = cosine<T>(delta), tan = sin / cos;
    const Vec<T> sin_log_sin = sin * logarithm<T>(sin), cos_log_cos = cos * logarithm<T>(cos);
    const Vec<T> information = -(cos_log_cos * tan + sin_log_sin / tan);
    const Vec<T> slope = cos / tan - sin * tan - sin_log_sin + cos_log_cos;
    const Vec<T> odds = shift * exponential<T>(information * -half_root).value;
    const Vec<T> sigma = T(1) / (T(1) + odds), complement = odds * sigma;
    if (loss == GOLDEN_UNSQUARED) return {sigma, slope_factor * sigma * complement * slope};
    const Vec<T> value = sigma * sigma;
    const Vec<T> inner = loss == GOLDEN ? complement : value * complement * (T(1) + sigma);
    return {value, T(2) * slope_factor * value * inner * slope};
}

// logits and gradient: CLASSES vectors each; label: the class of each image.
template <class T> Vec<T> loss_and_gradient(int loss, const Vec<T>* logits, Mask<T> label, Vec<T>* gradient) {
    Vec<T> largest = logits[0], total{}, value{}, mean{};
    for (int k = 1; k < CLASSES; k++) largest = logits[k] > largest ? logits[k] : largest;
    Vec<T> exponentials[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
        exponentials[k] = exponential<T>(logits[k] - largest).value;
        total += exponentials[k];
    }
    const Vec<T> log_total = logarithm<T>(total);
    for (int k = 0; k < CLASSES; k++) {
        const Mask<T> is_true = label == k;
        const Vec<T> log_y = logits[k] - largest - log_total, y = exponentials[k] / total;
        const Vec<T> less_one = exponential<T>(log_y).less_one;  // y - 1, exact also where y is close to 1
        if (loss == CROSS_ENTROPY) {
            value -= is_true ? log_y : Vec<T>{};
            gradient[k] = is_true ? less_one : y;
            continue;
        }
        const Vec<T> distance = is_true ? -less_one : y;
        const Term<T> term =
            loss == SSE ? Term<T>{distance * distance, T(2) * distance} : golden_term<T>(loss, is_true ? y : -less_one);
        value += term.value;
        gradient[k] = y * (is_true ? -term.rate : term.rate);
        mean += gradient[k];
        exponentials[k] = y;
    }
    if (loss != CROSS_ENTROPY)
        for (int k = 0; k < CLASSES; k++) gradient[k] -= exponentials[k] * mean;
    return value;
}
