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

// What a step's rates are: constants, or a row of the timetable.
struct Rates {
    const double* rows;  // (steps, 2), null where they are constant
    double eta, alpha;
    double eta_at(int64_t step) const { return rows ? rows[2 * step] : eta; }
    double alpha_at(int64_t step) const { return rows ? rows[2 * step + 1] : alpha; }
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
    std::vector<Step<T>> table;
    std::vector<int64_t> done;  // steps of this call that each column has taken
    std::vector<double> powers[2];
    int64_t limit = INT64_MAX;
    bool always;  // idle weights move or their buffers do

    Elementwise(const Setup& setup, const Numbers& n, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers,
                double*)
        : Base(setup, n, steps, taken, rows, row, buffers), table(size_t(steps)), done(size_t(setup.shape.pixels), 0),
          always(setup.decay != 0 || Rule::BUFFERS > 0) {
        for (int64_t i = 0; i < steps; i++) {
            double eta = this->rates.eta_at(i), under = 1;
            if (std::is_same_v<Rule, Adam>) {
                const double t = double(taken + i + 1);
                eta /= -std::expm1(t * std::log1p(n.first - 1.0));
                under = 1.0 / std::sqrt(-std::expm1(t * std::log1p(n.second - 1.0)));
            }
            table[size_t(i)] = {T(eta), T(this->rates.alpha_at(i)), T(under)};
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
        for (int64_t k = 0; k < this->shape.classes; k++) move(this->last(k), own[k], hidden, s);
    }
};

// DLR by the norm of what leaves a unit: a column of the hidden layer's matrix, and one of the outputs' matrix.
template <class T> struct DlrPre : Walk<T> {
    std::vector<int64_t> done;
    bool warm, moves;
    int64_t limit;

    DlrPre(const Setup& setup, const Numbers& n, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers,
           double*)
        : Walk<T>(setup, n, steps, taken, rows, row, buffers), done(size_t(setup.shape.pixels), 0),
          warm(setup.warm_start != 0), moves(setup.decay != 0 || n.alpha != 0 || rows != nullptr),
          limit(setup.decay == 0 && rows == nullptr ? settled<T>(n.alpha) : INT64_MAX) {}

    // One column by its own norm; x is 0 where it is idle.
    void move(T* w, T x, const T* delta, int64_t step) {
        const T eta = T(this->rates.eta_at(step)), alpha = T(this->rates.alpha_at(step)), a = T(this->numbers.first);
        const bool started = !warm || this->taken + step > 0;
        T* velocity = this->buffers + (w - this->row);
        Vec<T> squares{};
        for (int64_t v = 0; v < this->shape.width; v += WIDTH<T>) squares += load(w + v) * load(w + v);
        const T under = eta / (std::sqrt(sum<T>(squares)) + a);
        for (int64_t v = 0; v < this->shape.width; v += WIDTH<T>) {
            const Vec<T> weight = load(w + v);
            Vec<T> pull = x * load(delta + v) + this->decay * weight;
            if (moves) {
                pull += alpha * load(velocity + v);
                store(velocity + v, pull);
            }
            const Vec<T> rate = started ? (absolute<T>(weight) + a) * under : broadcast(eta);
            store(w + v, weight - rate * pull);
        }
    }

    void bring(int64_t j, int64_t to, const T* none) {
        const int64_t from = done[size_t(j)];
        done[size_t(j)] = to;
        if (!moves) return;
        T* w = this->column(j);
        const int64_t end = limit < to - from ? from + limit : to;
        for (int64_t i = from; i < end; i++) move(w, T(0), none, i);
        if (end < to) {
            const T factor = T(std::pow(this->numbers.alpha, double(to - end)));
            T* velocity = this->buffers + (w - this->row);
            for (int64_t v = 0; v < this->shape.width; v++) velocity[v] *= factor;
        }
    }

    void catch_up(int64_t step, const int32_t* at, int64_t n) {
        if (moves)
            for (int64_t i = 0; i < n; i++) bring(at[i], step, this->row);
    }

    void catch_up_all(int64_t step) {
        if (moves)
            for (int64_t j = 0; j < this->shape.pixels; j++) bring(j, step, this->row);
    }

    void step(int64_t step, const int32_t* at, const T* x, int64_t n, const T* delta, const T* own, const T* hidden) {
        for (int64_t i = 0; i < n; i++) {
            move(this->column(at[i]), x[i], delta, step);
            done[size_t(at[i])] = step + 1;
        }
        const T eta = T(this->rates.eta_at(step)), alpha = T(this->rates.alpha_at(step)), a = T(this->numbers.first);
        const bool started = !warm || this->taken + step > 0;
        T* velocity = this->buffers + this->shape.pixels * this->shape.width;
        for (int64_t v = 0; v < this->shape.width; v += WIDTH<T>) {
            Vec<T> squares{};
            for (int64_t k = 0; k < this->shape.classes; k++) squares += load(this->last(k) + v) * load(this->last(k) + v);
            const Vec<T> under = eta / (root<T>(squares) + a);
            for (int64_t k = 0; k < this->shape.classes; k++) {
                T* w = this->last(k) + v;
                T* kept = velocity + k * this->shape.width + v;
                const Vec<T> weight = load(w), pull = own[k] * load(hidden + v) + this->decay * weight + alpha * load(kept);
                store(kept, pull);
                store(w, weight - (started ? (absolute<T>(weight) + a) * under : broadcast(eta)) * pull);
            }
        }
    }
};

// DLR by the norm of what reaches a unit: without momentum and weight decay, so that idle columns stay.
template <class T> struct DlrPost : Walk<T> {
    std::vector<double> squares;  // of each hidden unit's weights
    Buffer<T> under;
    bool warm;

    DlrPost(const Setup& setup, const Numbers& n, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers,
            double*)
        : Walk<T>(setup, n, steps, taken, rows, row, buffers), squares(size_t(setup.shape.width), 0.0),
          under(setup.shape.width), warm(setup.warm_start != 0) {
        for (int64_t j = 0; j < this->shape.pixels; j++)
            for (int64_t v = 0; v < this->shape.width; v++) squares[size_t(v)] += double(this->column(j)[v]) * this->column(j)[v];
    }

    void catch_up(int64_t, const int32_t*, int64_t) {}
    void catch_up_all(int64_t) {}

    void step(int64_t step, const int32_t* at, const T* x, int64_t n, const T* delta, const T* own, const T* hidden) {
        const T eta = T(this->rates.eta_at(step)), a = T(this->numbers.first);
        const bool started = !warm || this->taken + step > 0;
        const int64_t width = this->shape.width;
        for (int64_t v = 0; v < width; v++) under[v] = eta / (T(std::sqrt(std::max(squares[size_t(v)], 0.0))) + a);
        for (int64_t i = 0; i < n; i++) {
            T* w = this->column(at[i]);
            for (int64_t v = 0; v < width; v++) {
                const T before = w[v], rate = started ? (std::abs(before) + a) * under[v] : eta;
                const T after = before - rate * (x[i] * delta[v]);
                squares[size_t(v)] += double(after) * after - double(before) * before;
                w[v] = after;
            }
        }
        for (int64_t k = 0; k < this->shape.classes; k++) {
            T* w = this->last(k);
            T total = 0;
            for (int64_t v = 0; v < width; v++) total += w[v] * w[v];
            const T below = eta / (std::sqrt(total) + a);
            for (int64_t v = 0; v < width; v++)
                w[v] -= (started ? (std::abs(w[v]) + a) * below : eta) * (own[k] * hidden[v]);
        }
    }
};

// Rules that take all of a matrix together, so that every weight moves in every step.
template <class T> struct Whole : Walk<T> {
    Buffer<T> image;
    double* scalars;

    Whole(const Setup& setup, const Numbers& n, int64_t steps, int64_t taken, const double* rows, T* row, T* buffers,
          double* scalars)
        : Walk<T>(setup, n, steps, taken, rows, row, buffers), image(setup.shape.pixels), scalars(scalars) {}

    void catch_up(int64_t, const int32_t* at, int64_t n) {}
    void catch_up_all(int64_t) {}

    // The pixels that are not zero, among those that are.
    void spread(const int32_t* at, const T* x, int64_t n) {
        std::fill(static_cast<T*>(image), image + this->shape.pixels, T(0));
        for (int64_t i = 0; i < n; i++) image[at[i]] = x[i];
    }
};

template <class T> double squares_of(const T* row, int64_t n) {
    Vec<T> parts[4]{};
    int64_t i = 0;
    for (; i + 4 * WIDTH<T> <= n; i += 4 * WIDTH<T>)
        UNROLL for (int v = 0; v < 4; v++) parts[v] += load(row + i + v * WIDTH<T>) * load(row + i + v * WIDTH<T>);
    double total = double(sum<T>((parts[0] + parts[1]) + (parts[2] + parts[3])));
    for (; i < n; i++) total += double(row[i]) * row[i];
    return total;
}

template <class T> struct Lars : Whole<T> {
    using Whole<T>::Whole;

    // lambda (g + decay w) of one matrix, whose gradient is outer(factors, other); then the step.
    void matrix(T* w, int64_t rows, const T* factors, const T* other, int64_t step) {
        const int64_t width = this->shape.width;
        const double size = std::sqrt(squares_of(w, rows * width));
        const double slope = std::sqrt(squares_of(factors, rows) * squares_of(other, width));
        const double decay = double(this->decay);
        const double rate = size > 0 && slope > 0 ? this->numbers.first * size / (slope + decay * size) : 1.0;
        const T scale = T(this->rates.eta_at(step) * rate), alpha = T(this->rates.alpha_at(step));
        T* velocity = this->buffers + (w - this->row);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t v = r * width; v < (r + 1) * width; v += WIDTH<T>) {
                const Vec<T> weight = load(w + v);
                const Vec<T> pull = factors[r] * load(other + v - r * width) + this->decay * weight;
                const Vec<T> now = alpha * load(velocity + v) + scale * pull;
                store(velocity + v, now);
                store(w + v, weight - now);
            }
    }

    void step(int64_t step, const int32_t* at, const T* x, int64_t n, const T* delta, const T* own, const T* hidden) {
        this->spread(at, x, n);
        matrix(this->row, this->shape.pixels, this->image, delta, step);
        matrix(this->last(0), this->shape.classes, own, hidden, step);
    }
};

template <class T> struct YamAdam : Whole<T> {  // scalars: beta and the sum of the last steps of each matrix
    using Whole<T>::Whole;

    void matrix(T* w, int64_t rows, const T* factors, const T* other, int64_t step, double* kept) {
        const int64_t width = this->shape.width, start = w - this->row;
        T *mean = this->buffers + start, *variance = mean + this->size, *square = variance + this->size;
        T* last = square + this->size;
        const T rest = T(1.0 - kept[0]), epsilon = T(this->numbers.first), eta = T(this->rates.eta_at(step));
        double total = 0;
        for (int64_t r = 0; r < rows; r++) {
            Vec<T> sizes{};
            for (int64_t v = r * width; v < (r + 1) * width; v += WIDTH<T>) {
                const Vec<T> weight = load(w + v), before = load(last + v), old = load(mean + v);
                const Vec<T> away = factors[r] * load(other + v - r * width) + this->decay * weight - old;
                const Vec<T> m = old + away * rest, spread = load(variance + v), moved = load(square + v);
                const Vec<T> v2 = spread + rest * (away * away - spread), s2 = moved + rest * (before * before - moved);
                const Vec<T> now = m * root<T>((s2 + epsilon) / (v2 + epsilon));
                store(mean + v, m);
                store(variance + v, v2);
                store(square + v, s2);
                store(last + v, now);
                store(w + v, weight - eta * now);
                sizes += absolute<T>(now);
            }
            total += double(sum<T>(sizes));
        }
        const double ratio = (kept[1] + double(epsilon)) / (total + double(epsilon));
        kept[0] = double(T(1.0 / (1.0 + std::exp(-ratio)))) - double(epsilon);
        kept[1] = total;
    }

    void step(int64_t step, const int32_t* at, const T* x, int64_t n, const T* delta, const T* own, const T* hidden) {
        this->spread(at, x, n);
        matrix(this->row, this->shape.pixels, this->image, delta, step, this->scalars);
        matrix(this->last(0), this->shape.classes, own, hidden, step, this->scalars + 2);
    }
};
