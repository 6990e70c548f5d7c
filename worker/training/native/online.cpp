// On-line training of a logistic network: one image a step, whose zero pixels have no gradient.
//
// A lane's row is (pixels, width) weights of the hidden layer, one column of the matrix after the other, then (classes,
// width) weights of the outputs; width is the number of hidden units, rounded up to whole vectors and zero beyond them.
// A pixel's column is only touched in a step in which the pixel is not zero. What a rule does to it meanwhile, such as
// a velocity that decays, is made up for when it is next needed, step by step in the machine's registers (`catch_up`);
// at the end of a call every column is up to date. The formulas of the rules are those of ../rules.
#include "norms_online.h"

template <class T> struct Images {
    const T* pixels;         // (N, pixels)
    const int64_t* labels;   // (N,)
};

// h = sigma(W x) of an image given by its pixels that are not zero; 0 beyond the hidden units.
template <class T, int N>
INLINE void block_of_sums(const T* weights, int64_t width, const int32_t* at, const T* x, int64_t n, T* sums) {
    Vec<T> total[N]{};
    for (int64_t i = 0; i < n; i++) {
        const T* column = weights + at[i] * width;
        const Vec<T> value = broadcast(x[i]);
        UNROLL for (int v = 0; v < N; v++) total[v] += value * load(column + v * WIDTH<T>);
    }
    UNROLL for (int v = 0; v < N; v++) store(sums + v * WIDTH<T>, total[v]);
}

template <class T>
void hidden_of(const Shape& shape, const T* weights, const int32_t* at, const T* x, int64_t n, T* hidden) {
    constexpr int W = WIDTH<T>;
    const int64_t width = shape.width;
    int64_t start = 0;
    for (; start + 8 * W <= width; start += 8 * W) block_of_sums<T, 8>(weights + start, width, at, x, n, hidden + start);
    for (; start + 4 * W <= width; start += 4 * W) block_of_sums<T, 4>(weights + start, width, at, x, n, hidden + start);
    for (; start + 2 * W <= width; start += 2 * W) block_of_sums<T, 2>(weights + start, width, at, x, n, hidden + start);
    for (; start < width; start += W) block_of_sums<T, 1>(weights + start, width, at, x, n, hidden + start);
    for (int64_t v = 0; v < width; v += W) store(hidden + v, logistic<T>(load(hidden + v)));
    for (int64_t v = shape.hidden; v < width; v++) hidden[v] = T(0);
}

template <class T> void outputs_of(const Shape& shape, const T* last, const T* hidden, T* z) {
    constexpr int W = WIDTH<T>;
    for (int64_t k = 0; k < shape.classes; k++) {
        Vec<T> even{}, odd{};
        int64_t v = 0;
        for (; v + 2 * W <= shape.width; v += 2 * W) {
            even += load(last + k * shape.width + v) * load(hidden + v);
            odd += load(last + k * shape.width + v + W) * load(hidden + v + W);
        }
        if (v < shape.width) even += load(last + k * shape.width + v) * load(hidden + v);
        z[k] = sum<T>(even + odd);
    }
}

template <class T> int64_t find_pixels(const T* image, int64_t pixels, int32_t* at, T* x) {
    int64_t n = 0;
    for (int64_t j = 0; j < pixels; j++) {
        at[n] = int32_t(j);
        x[n] = image[j];
        n += image[j] != T(0);
    }
    return n;
}

template <class T, class Rule>
void train(const Setup& setup, const Numbers& numbers, Images<T> data, const int64_t* order, int64_t steps,
           int64_t taken, const double* rates, T* row, T* buffers, double* scalars, T* losses) {
    const Shape& shape = setup.shape;
    const int64_t width = shape.width, classes = shape.classes;
    Rule rule(setup, numbers, steps, taken, rates, row, buffers, scalars);
    Buffer<T> x(shape.pixels + 1), hidden(width), delta(width);
    std::vector<int32_t> at(size_t(shape.pixels) + 1);
    std::vector<T> z(static_cast<size_t>(classes)), own(z), sent(z);
    T* last = row + shape.pixels * width;
    for (int64_t step = 0; step < steps; step++) {
        const int64_t image = order[step];
        const int64_t n = find_pixels(data.pixels + image * shape.pixels, shape.pixels, at.data(), static_cast<T*>(x));
        rule.catch_up(step, at.data(), n);
        hidden_of<T>(shape, row, at.data(), x, n, hidden);
        outputs_of<T>(shape, last, hidden, z.data());
        double loss = 0;
        for (int64_t k = 0; k < classes; k++) {
            const double y = logistic_of(double(z[size_t(k)]));
            const double error = y - (k == data.labels[image] ? setup.high : setup.low);
            loss += 0.5 * error * error;
            own[size_t(k)] = T(error * y * (1.0 - y));
            sent[size_t(k)] = setup.substituted ? T(error) : own[size_t(k)];
        }
        losses[step] = T(loss);
        if (!std::isfinite(loss)) return;
        for (int64_t v = 0; v < width; v += WIDTH<T>) {
            Vec<T> back{};
            for (int64_t k = 0; k < classes; k++) back += sent[size_t(k)] * load(last + k * width + v);
            const Vec<T> h = load(hidden + v);
            store(delta + v, back * h * (T(1) - h));
        }
        rule.step(step, at.data(), x, n, delta, own.data(), hidden);
    }
    rule.catch_up_all(steps);
}

template <class T> struct Tested {
    const int64_t* starts;   // (M + 1,) where an image's pixels begin in `at` and `values`
    const int32_t* at;
    const T* values;
    const int64_t* labels;   // (M,)
    int64_t images;
};

// scores: correct images, and sums of cross-entropy and own loss; only the first where it stays below `least`.
template <class T> void evaluate(const Setup& setup, const Tested<T>& tested, const T* row, int64_t least, double* scores) {
    const Shape& shape = setup.shape;
    const size_t classes = size_t(shape.classes);
    const T* last = row + shape.pixels * shape.width;
    Buffer<T> hidden(shape.width);
    std::vector<T> z(size_t(tested.images) * classes);
    int64_t correct = 0;
    for (int64_t i = 0; i < tested.images; i++) {
        if (correct + tested.images - i < least) break;  // it cannot get there any more
        const int64_t start = tested.starts[i];
        T* own = z.data() + size_t(i) * classes;
        hidden_of<T>(shape, row, tested.at + start, tested.values + start, tested.starts[i + 1] - start, hidden);
        outputs_of<T>(shape, last, hidden, own);
        correct += std::max_element(own, own + classes) - own == tested.labels[i];
    }
    scores[0] = double(correct);
    if (correct < least) return;
    for (int64_t i = 0; i < tested.images; i++) {
        double log_y[MOST_CLASSES], largest = -INFINITY, total = 0;
        for (size_t k = 0; k < classes; k++) {
            const double value = z[size_t(i) * classes + k], y = logistic_of(value);
            const double error = y - (int64_t(k) == tested.labels[i] ? setup.high : setup.low);
            scores[2] += 0.5 * error * error;
            log_y[k] = value > 0 ? -std::log1p(std::exp(-value)) : value - std::log1p(std::exp(value));
            largest = std::max(largest, log_y[k]);
        }
        for (size_t k = 0; k < classes; k++) total += std::exp(log_y[k] - largest);
        scores[1] += largest + std::log(total) - log_y[tested.labels[i]];
    }
}

template <class T, class... Arguments> void train_by(const Setup& setup, Arguments... arguments) {
    switch (setup.rule) {
        case SGD: return train<T, Elementwise<T, Sgd>>(setup, arguments...);
        case HEAVY_BALL: return train<T, Elementwise<T, HeavyBall>>(setup, arguments...);
        case NESTEROV: return train<T, Elementwise<T, Nesterov>>(setup, arguments...);
        case ADAM: return train<T, Elementwise<T, Adam>>(setup, arguments...);
        case RMSPROP: return train<T, Elementwise<T, RmsProp>>(setup, arguments...);
        case ADADELTA: return train<T, Elementwise<T, AdaDelta>>(setup, arguments...);
        case DLR_PRE: return train<T, DlrPre<T>>(setup, arguments...);
        case DLR_POST: return train<T, DlrPost<T>>(setup, arguments...);
        case LARS: return train<T, Lars<T>>(setup, arguments...);
        case YAMADAM: return train<T, YamAdam<T>>(setup, arguments...);
    }
}

#define EXPORT extern "C" __attribute__((visibility("default")))
#define FUNCTIONS(T)                                                                                                   \
    EXPORT int64_t online_width_##T() { return WIDTH<T>; }                                                             \
    EXPORT void online_train_##T(const Setup* setup, const Numbers* numbers, const T* pixels, const int64_t* labels,   \
                                 const int64_t* order, int64_t steps, int64_t taken, const double* rates, T* row,      \
                                 T* buffers, double* scalars, T* losses) {                                             \
        train_by<T>(*setup, *numbers, Images<T>{pixels, labels}, order, steps, taken, rates, row, buffers, scalars,    \
                    losses);                                                                                           \
    }                                                                                                                  \
    EXPORT int64_t online_compress_##T(const T* images, int64_t n, int64_t pixels, int64_t* starts, int32_t* at,       \
                                       T* values) {                                                                    \
        starts[0] = 0;                                                                                                 \
        for (int64_t i = 0; i < n; i++)                                                                                \
            starts[i + 1] = starts[i] + find_pixels(images + i * pixels, pixels, at + starts[i], values + starts[i]);  \
        return starts[n];                                                                                              \
    }                                                                                                                  \
    EXPORT void online_evaluate_##T(const Setup* setup, const int64_t* starts, const int32_t* at, const T* values,     \
                                    const int64_t* labels, int64_t images, const T* row, int64_t least,                \
                                    double* scores) {                                                                  \
        evaluate<T>(*setup, Tested<T>{starts, at, values, labels, images}, row, least, scores);                        \
    }

FUNCTIONS(float)
FUNCTIONS(double)
