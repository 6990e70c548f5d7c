// Vectors of float or double as wide as the machine's registers, and the elementary functions that the losses need.
//
// GCC and Clang lower these types to whatever the machine has. Every function works on each element alone and has no
// branches, so an element's bits do not depend on its neighbours. NaN stays NaN.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
constexpr bool MANY_REGISTERS = true;  // 32 of them
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
constexpr bool MANY_REGISTERS = false;  // 16
#else
constexpr int VECTOR_BYTES = 16;
constexpr bool MANY_REGISTERS = false;
#endif

#define UNROLL _Pragma("GCC unroll 32")
#define INLINE inline __attribute__((always_inline))

template <class T> struct Types;

template <> struct Types<float> {
    using Bits = int32_t;
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float smallest_exponent = -87.0f;      // exp is 0 below it
    static constexpr float rounder = 12582912.0f;           // 1.5 * 2^23: adding it rounds to an integer
    static constexpr int32_t half_root_two = 0x3f3504f3;    // bits of sqrt(1/2)
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr int exp_terms = 8, log_terms = 6, sine_terms = 5;
    static constexpr float gap_floor = 1e-7f;
};

template <> struct Types<double> {
    using Bits = int64_t;
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double smallest_exponent = -708.0;
    static constexpr double rounder = 6755399441055744.0;   // 1.5 * 2^52
    static constexpr int64_t half_root_two = 0x3fe6a09e667f3bcd;
    static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    static constexpr int exp_terms = 14, log_terms = 12, sine_terms = 10;
    static constexpr double gap_floor = 1e-15;
};

template <class T> struct Vectors {
    typedef T Type __attribute__((vector_size(VECTOR_BYTES), may_alias));
    typedef T Loose __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));  // at any address
    typedef typename Types<T>::Bits Bits __attribute__((vector_size(VECTOR_BYTES), may_alias));
};

template <class T> using Vec = typename Vectors<T>::Type;
template <class T> using Mask = typename Vectors<T>::Bits;  // -1 or 0 in each element
template <class T> constexpr int WIDTH = VECTOR_BYTES / int(sizeof(T));

template <class T> INLINE Vec<T> load(const T* at) {
    return *reinterpret_cast<const typename Vectors<T>::Loose*>(at);
}

template <class T> INLINE void store(T* at, Vec<T> value) {
    *reinterpret_cast<typename Vectors<T>::Loose*>(at) = value;
}

template <class T> INLINE Vec<T> broadcast(T value) { return value - Vec<T>{}; }

template <class T> INLINE T sum(Vec<T> value) {
    T parts[WIDTH<T>];
    store(parts, value);
    for (int half = WIDTH<T> / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) parts[i] += parts[i + half];
    return parts[0];
}

template <class T> struct Exponential {
    Vec<T> value, less_one;  // exp(x) and exp(x) - 1, both to the last digits
};

// x <= 0. With n = round(x / ln 2): exp(x) = 2^n exp(r), |r| <= ln(2) / 2, by Taylor's series.
template <class T> INLINE Exponential<T> exponential(Vec<T> x) {
    using Number = Types<T>;
    const Vec<T> rounded = x * T(1.44269504088896340736) + Number::rounder;
    const Vec<T> n = rounded - Number::rounder;
    const Vec<T> r = (x - n * Number::ln2_high) - n * Number::ln2_low;
    Vec<T> series = broadcast(T(1));
    UNROLL for (int i = Number::exp_terms; i > 1; i--) series = T(1) + series * (r * (T(1) / T(i)));
    const Vec<T> small = r * series;  // exp(r) - 1
    const Mask<T> power = (Mask<T>(rounded) + Number::bias) << Number::mantissa;
    const Vec<T> value = Vec<T>(power) * (T(1) + small);
    const Mask<T> none = x < Number::smallest_exponent;
    return {none ? Vec<T>{} : value, none ? broadcast(T(-1)) : n == T(0) ? small : value - T(1)};
}

// x > 0 and normal. With x = 2^e m, m in [sqrt(1/2), sqrt 2]: ln x = e ln 2 + 2 artanh((m - 1) / (m + 1)).
template <class T> INLINE Vec<T> logarithm(Vec<T> x) {
    using Number = Types<T>;
    const Mask<T> exponent = (Mask<T>(x) - Number::half_root_two) >> Number::mantissa;
    const Vec<T> m = Vec<T>(Mask<T>(x) - (exponent << Number::mantissa));
    const Vec<T> e = __builtin_convertvector(exponent, Vec<T>);
    const Vec<T> s = (m - T(1)) / (m + T(1)), z = s * s;
    Vec<T> series = broadcast(T(1) / T(2 * Number::log_terms + 1));
    UNROLL for (int i = Number::log_terms - 1; i >= 0; i--) series = series * z + T(1) / T(2 * i + 1);
    return e * Number::ln2_high + (e * Number::ln2_low + T(2) * s * series) + (x - x);
}

// x in [0, pi / 4]: Taylor's series as they stand.
template <class T> INLINE Vec<T> sine(Vec<T> x) {
    const Vec<T> square = x * x;
    Vec<T> series = broadcast(T(1));
    UNROLL for (int i = Types<T>::sine_terms; i > 0; i--)
        series = T(1) - series * (square * (T(1) / T(2 * i * (2 * i + 1))));
    return x * series;
}

template <class T> INLINE Vec<T> cosine(Vec<T> x) {
    const Vec<T> square = x * x;
    Vec<T> series = broadcast(T(1));
    UNROLL for (int i = Types<T>::sine_terms; i > 0; i--)
        series = T(1) - series * (square * (T(1) / T(2 * i * (2 * i - 1))));
    return series;
}

// Zeros at a vector's alignment.
template <class T> struct Buffer {
    explicit Buffer(int64_t size) : at(static_cast<T*>(std::aligned_alloc(64, bytes(size)))) {
        std::memset(static_cast<void*>(at.get()), 0, bytes(size));
    }
    static size_t bytes(int64_t size) { return (size_t(size) * sizeof(T) + 63) / 64 * 64; }
    operator T*() const { return at.get(); }
    Vec<T>* vectors() const { return reinterpret_cast<Vec<T>*>(at.get()); }
    struct Free {
        void operator()(T* pointer) const { std::free(pointer); }
    };
    std::unique_ptr<T, Free> at;
};
