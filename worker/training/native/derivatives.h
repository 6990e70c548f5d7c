// The derivatives that can take the ReLU's place in the backward pass; see ../derivatives.py.
//
// Those from SIGMOID on need what enters the ReLU; for the others the sign of its output is enough. Exponents are never
// positive, so nothing overflows.
#pragma once

#include "vector.h"

enum Derivative { RELU, LEAKY_RELU, IDENTITY, SIGMOID, TANH, SOFTPLUS, ELU, SWISH, DERIVATIVES };
template <int D> constexpr bool KEEPS_Z = D >= SIGMOID;

template <class T> INLINE Vec<T> rectified(Vec<T> z) { return z < T(0) ? Vec<T>{} : z; }  // NaN stays

// The gradient before the ReLU, from that behind it.
template <class T, int D> INLINE Vec<T> times_derivative(Vec<T> gradient, Vec<T> z) {
    if constexpr (D == RELU) return z > T(0) ? gradient : Vec<T>{};
    if constexpr (D == LEAKY_RELU) return z > T(0) ? gradient : gradient * T(0.01);
    if constexpr (D == IDENTITY) return gradient;
    if constexpr (D >= SIGMOID) {
        const Vec<T> negative = z < T(0) ? z : -z;  // -|z|
        const Vec<T> e = exponential<T>(D == TANH ? T(2) * negative : negative).value;
        if constexpr (D == ELU) return z > T(0) ? gradient : gradient * e;
        const Vec<T> large = T(1) / (T(1) + e), small = e * large;  // the logistic function of |z| and of -|z|
        if constexpr (D == SIGMOID) return gradient * (large * small);
        if constexpr (D == TANH) return gradient * (T(4) * large * small);
        const Vec<T> s = z < T(0) ? small : large, rest = z < T(0) ? large : small;
        if constexpr (D == SOFTPLUS) return gradient * s;
        return gradient * (s * (T(1) + z * rest));
    }
}
