// The update rules of on-line training that need norms of columns, rows or whole matrices; see rules_online.h.
#pragma once

#include "rules_online.h"

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
        const T eta = T(this->rates.eta_at(step, HIDDEN)), alpha = T(this->rates.alpha_at(step)), a = T(this->numbers.first);
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
        const T eta = T(this->rates.eta_at(step, OUTPUTS)), alpha = T(this->rates.alpha_at(step)), a = T(this->numbers.first);
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

// DLR by the norm of what reaches a unit: without momentum, weight decay and schedule, so that idle columns stay.
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
        const T eta = T(this->numbers.eta), a = T(this->numbers.first);
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
    void matrix(T* w, int64_t rows, const T* factors, const T* other, int64_t step, Layer layer) {
        const int64_t width = this->shape.width;
        const double size = std::sqrt(squares_of(w, rows * width));
        const double slope = std::sqrt(squares_of(factors, rows) * squares_of(other, width));
        const double decay = double(this->decay);
        const double rate = size > 0 && slope > 0 ? this->numbers.first * size / (slope + decay * size) : 1.0;
        const T scale = T(this->rates.eta_at(step, layer) * rate), alpha = T(this->rates.alpha_at(step));
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
        matrix(this->row, this->shape.pixels, this->image, delta, step, HIDDEN);
        matrix(this->last(0), this->shape.classes, own, hidden, step, OUTPUTS);
    }
};

template <class T> struct YamAdam : Whole<T> {  // scalars: beta and the sum of the last steps of each matrix
    using Whole<T>::Whole;

    void matrix(T* w, int64_t rows, const T* factors, const T* other, T eta, double* kept) {
        const int64_t width = this->shape.width, start = w - this->row;
        T *mean = this->buffers + start, *variance = mean + this->size, *square = variance + this->size;
        T* last = square + this->size;
        const T rest = T(1.0 - kept[0]), epsilon = T(this->numbers.first);
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
        const T eta = T(this->rates.eta_at(step, HIDDEN)), last = T(this->rates.eta_at(step, OUTPUTS));
        matrix(this->row, this->shape.pixels, this->image, delta, eta, this->scalars);
        matrix(this->last(0), this->shape.classes, own, hidden, last, this->scalars + 2);
    }
};
