// The update rules of on-line training: the formulas of ../rules, and what idle columns of weights do meanwhile.
//
// `catch_up` brings the columns of an image's pixels to the step that is due, `step` takes that step by the gradient
// x delta' of the hidden layer and own hidden' of the outputs, `catch_up_all` brings every column to the end.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "vector.h"

constexpr int MOST_CLASSES = 64;
enum RuleName { SGD, HEAVY_BALL, NESTEROV, ADAM, RMSPROP, ADADELTA, DLR_PRE, DLR_POST, LARS, YAMADAM };  // as in online.py

struct Shape {
    int64_t pixels, hidden, width, classes;
};

struct Setup {
    Shape shape;
    int64_t rule, substituted, warm_start;
    double decay, low, high;
};

struct Numbers {  // of one lane; first, second, third: the rule's own, in the order of `NUMBERS`
    double eta, alpha, first, second, third;
};

template <class T> INLINE Vec<T> logistic(Vec<T> z) {
    const Vec<T> small = exponential<T>(z > T(0) ? -z : z).value;  // exp(-|z|)
    return (z > T(0) ? broadcast(T(1)) : small) / (T(1) + small);
}

inline double logistic_of(double z) {
    const double small = std::exp(z > 0 ? -z : z);
    return (z > 0 ? 1.0 : small) / (1.0 + small);
}

template <class T> INLINE Vec<T> root(Vec<T> x) {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4) return (Vec<T>)_mm512_sqrt_ps((__m512)x);
    else return (Vec<T>)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX__)
    if constexpr (sizeof(T) == 4) return (Vec<T>)_mm256_sqrt_ps((__m256)x);
    else return (Vec<T>)_mm256_sqrt_pd((__m256d)x);
#else
    Vec<T> result;
    for (int i = 0; i < WIDTH<T>; i++) result[i] = std::sqrt(x[i]);
    return result;
#endif
}

template <class T> INLINE Vec<T> absolute(Vec<T> x) { return x < T(0) ? -x : x; }

enum Layer { HIDDEN, OUTPUTS };

// What a step's rates are: constants, or a row of the timetable, in which each layer has its own eta.
struct Rates {
    const double* rows;  // (steps, 3) eta of the hidden layer and of the outputs, alpha; null where they are constant
    double eta, alpha;
    double eta_at(int64_t step, Layer layer) const { return rows ? rows[3 * step + layer] : eta; }
    double alpha_at(int64_t step) const { return rows ? rows[3 * step + 2] : alpha; }
};

// Steps after which what is left of a velocity no longer changes a weight; `factor` is its decay by step.
template <class T> int64_t settled(double factor) {
    if (factor <= 0) return 1;
    if (factor >= 1) return INT64_MAX;
    return int64_t(std::ceil((sizeof(T) == 4 ? -30 : -60) * std::log(2.0) / std::log(factor))) + 1;
}

// One rule that treats every weight alone: what it does to a vector of weights, and while there is no gradient.
template <class T> struct Step {  // the numbers of one step
    T eta, alpha, root;  // eta of Adam is over 1 - beta1^t, root is 1 / sqrt(1 - beta2^t)
};

struct Sgd {
    static constexpr int BUFFERS = 0;
    static constexpr bool MOVES = false;  // weights move without a gradient, where there is no weight decay
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>*, Vec<T> g, const Step<T>& s, const Numbers&) {
        w -= s.eta * g;
    }
    static double decay(const Numbers&, int) { return 1; }
};

struct HeavyBall {
    static constexpr int BUFFERS = 1;
    static constexpr bool MOVES = true;
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>* b, Vec<T> g, const Step<T>& s, const Numbers&) {
        b[0] = s.alpha * b[0] + g;
        w -= s.eta * b[0];
    }
    static double decay(const Numbers& n, int) { return n.alpha; }
};

struct Nesterov {
    static constexpr int BUFFERS = 1;
    static constexpr bool MOVES = true;
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>* b, Vec<T> g, const Step<T>& s, const Numbers&) {
        b[0] = s.alpha * b[0] + g;
        w -= s.eta * (g + s.alpha * b[0]);
    }
    static double decay(const Numbers& n, int) { return n.alpha; }
};

struct Adam {  // beta1, beta2, epsilon
    static constexpr int BUFFERS = 2;
    static constexpr bool MOVES = true;
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>* b, Vec<T> g, const Step<T>& s, const Numbers& n) {
        b[0] += T(1 - n.first) * (g - b[0]);
        b[1] += T(1 - n.second) * (g * g - b[1]);
        w -= s.eta * b[0] / (root<T>(b[1]) * s.root + T(n.third));
    }
    static double decay(const Numbers& n, int buffer) { return buffer == 0 ? n.first : n.second; }
};

struct RmsProp {  // rho, epsilon
    static constexpr int BUFFERS = 1;
    static constexpr bool MOVES = false;
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>* b, Vec<T> g, const Step<T>& s, const Numbers& n) {
        b[0] += T(1 - n.first) * (g * g - b[0]);
        w -= s.eta * g / (root<T>(b[0]) + T(n.second));
    }
    static double decay(const Numbers& n, int) { return n.first; }
};

struct AdaDelta {  // rho, epsilon
    static constexpr int BUFFERS = 2;
    static constexpr bool MOVES = false;
    template <class T> INLINE static void step(Vec<T>& w, Vec<T>* b, Vec<T> g, const Step<T>& s, const Numbers& n) {
        b[0] += T(1 - n.first) * (g * g - b[0]);
        const Vec<T> change = g * (root<T>(b[1] + T(n.second)) / root<T>(b[0] + T(n.second)));
        b[1] += T(1 - n.first) * (change * change - b[1]);
        w -= s.eta * change;
    }
    static double decay(const Numbers& n, int) { return n.first; }
};

// Rows and places that every rule has.
template <class T> struct Walk {
    Shape shape;
    Numbers numbers;
    Rates rates;
    T decay;
    int64_t steps, taken;
    T* row;
    T* buffers;
    int64_t size;  // numbers in a row

    Walk(const Setup& setup, const Numbers& numbers, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers)
        : shape(setup.shape), numbers(numbers), rates{rows, numbers.eta, numbers.alpha}, decay(T(setup.decay)),
          steps(steps), taken(taken), row(row), buffers(buffers),
          size((setup.shape.pixels + setup.shape.classes) * setup.shape.width) {}
    T* column(int64_t j) const { return row + j * shape.width; }
    T* last(int64_t k) const { return row + (shape.pixels + k) * shape.width; }
};

template <class T, class Rule> struct Elementwise : Walk<T> {
    using Base = Walk<T>;
    std::vector<Step<T>> table, ends;  // of the hidden layer and of the outputs
    std::vector<int64_t> done;  // steps of this call that each column has taken
    std::vector<double> powers[2];
    int64_t limit = INT64_MAX;
    bool always;  // idle weights move or their buffers do

    Elementwise(const Setup& setup, const Numbers& n, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers,
                double*)
        : Base(setup, n, steps, taken, rows, row, buffers), table(size_t(steps)), ends(size_t(steps)), done(size_t(setup.shape.pixels), 0),
          always(setup.decay != 0 || Rule::BUFFERS > 0) {
        for (int64_t i = 0; i < steps; i++) {
            double eta = this->rates.eta_at(i, HIDDEN), last = this->rates.eta_at(i, OUTPUTS), under = 1;
            if (std::is_same_v<Rule, Adam>) {
                const double t = double(taken + i + 1), begun = -std::expm1(t * std::log1p(n.first - 1.0));
                eta /= begun;
                last /= begun;
                under = 1.0 / std::sqrt(-std::expm1(t * std::log1p(n.second - 1.0)));
            }
            table[size_t(i)] = {T(eta), T(this->rates.alpha_at(i)), T(under)};
            ends[size_t(i)] = {T(last), T(this->rates.alpha_at(i)), T(under)};
        }
        const bool fixed = rows == nullptr || std::is_same_v<Rule, Adam>;  // what decays does so at one speed
        if (fixed && setup.decay == 0) limit = settled<T>(Rule::decay(n, 0));
        for (int b = 0; b < Rule::BUFFERS; b++) {
            powers[b].assign(size_t(std::min<int64_t>(steps, 4096)) + 1, 1.0);
            for (size_t i = 1; i < powers[b].size(); i++) powers[b][i] = powers[b][i - 1] * Rule::decay(n, b);
        }
    }

    T power(int buffer, int64_t count) const {
        const auto& known = powers[buffer];
        return T(size_t(count) < known.size() ? known[size_t(count)] : std::pow(Rule::decay(this->numbers, buffer), double(count)));
    }

    template <int N> INLINE void idle(T* w, int64_t start, int64_t from, int64_t to) {
        constexpr int B = Rule::BUFFERS > 0 ? Rule::BUFFERS : 1;
        Vec<T> weight[N], kept[N][B];
        UNROLL for (int v = 0; v < N; v++) {
            weight[v] = load(w + start + v * WIDTH<T>);
            for (int b = 0; b < Rule::BUFFERS; b++) kept[v][b] = load(this->buffer(w, b) + start + v * WIDTH<T>);
        }
        if (this->decay == T(0) && std::is_same_v<Rule, Adam>) {  // the root of a mean square that only decays
            Vec<T> deviation[N];
            const T slower = T(std::sqrt(this->numbers.second)), slow = T(this->numbers.first);
            const T epsilon = T(this->numbers.third);
            UNROLL for (int v = 0; v < N; v++) deviation[v] = root<T>(kept[v][B - 1]);
            for (int64_t i = from; i < to; i++) {
                const Step<T>& s = table[size_t(i)];
                UNROLL for (int v = 0; v < N; v++) {
                    kept[v][0] *= slow;
                    deviation[v] *= slower;
                    weight[v] -= s.eta * kept[v][0] / (deviation[v] * s.root + epsilon);
                }
            }
            const T rest = power(1 < Rule::BUFFERS ? 1 : 0, to - from);
            UNROLL for (int v = 0; v < N; v++) kept[v][B - 1] *= rest;
        } else {
            for (int64_t i = from; i < to; i++)
                UNROLL for (int v = 0; v < N; v++)
                    Rule::template step<T>(weight[v], kept[v], this->decay * weight[v], table[size_t(i)], this->numbers);
        }
        UNROLL for (int v = 0; v < N; v++) {
            store(w + start + v * WIDTH<T>, weight[v]);
            for (int b = 0; b < Rule::BUFFERS; b++) store(this->buffer(w, b) + start + v * WIDTH<T>, kept[v][b]);
        }
    }

    void bring(int64_t j, int64_t to) {
        const int64_t from = done[size_t(j)];
        done[size_t(j)] = to;
        if (from == to || !always) return;
        T* w = this->column(j);
        const bool walks = Rule::MOVES || this->decay != T(0);
        const int64_t end = walks ? std::min(to, limit < to - from ? from + limit : to) : from;
        if (walks && !still(w)) {
            constexpr int W = WIDTH<T>;
            int64_t v = 0;
            for (; v + 4 * W <= this->shape.width; v += 4 * W) idle<4>(w, v, from, end);
            for (; v < this->shape.width; v += W) idle<1>(w, v, from, end);
        }
        if (end == to) return;
        for (int b = 0; b < Rule::BUFFERS; b++) {  // from here on nothing but the buffers' decay is left
            const T factor = power(b, to - end);
            T* kept = this->buffer(w, b);
            for (int64_t v = 0; v < this->shape.width; v += WIDTH<T>) store(kept + v, load(kept + v) * factor);
        }
    }

    // A column that never had a gradient stays as it is.
    bool still(const T* w) const {
        if (this->decay != T(0)) return false;
        const T* kept = this->buffers + (w - this->row);
        for (int64_t v = 0; v < this->shape.hidden; v++)
            if (kept[v] != T(0)) return false;
        return true;
    }

    T* buffer(const T* w, int b) const { return this->buffers + b * this->size + (w - this->row); }

    void catch_up(int64_t step, const int32_t* at, int64_t n) {
        for (int64_t i = 0; i < n; i++) bring(at[i], step);
    }

    void catch_up_all(int64_t step) {
        for (int64_t j = 0; j < this->shape.pixels; j++) bring(j, step);
    }

    INLINE void move(T* w, T factor, const T* gradient, const Step<T>& s) {
        for (int64_t v = 0; v < this->shape.width; v += WIDTH<T>) {
            Vec<T> weight = load(w + v), kept[Rule::BUFFERS > 0 ? Rule::BUFFERS : 1];
            for (int b = 0; b < Rule::BUFFERS; b++) kept[b] = load(buffer(w, b) + v);
            Rule::template step<T>(weight, kept, factor * load(gradient + v) + this->decay * weight, s, this->numbers);
            store(w + v, weight);
            for (int b = 0; b < Rule::BUFFERS; b++) store(buffer(w, b) + v, kept[b]);
        }
    }

    void step(int64_t step, const int32_t* at, const T* x, int64_t n, const T* delta, const T* own, const T* hidden) {
        const Step<T> s = table[size_t(step)];
        for (int64_t i = 0; i < n; i++) {
            move(this->column(at[i]), x[i], delta, s);
            done[size_t(at[i])] = step + 1;
        }
        const Step<T> end = ends[size_t(step)];
        for (int64_t k = 0; k < this->shape.classes; k++) move(this->last(k), own[k], hidden, end);
    }
};
