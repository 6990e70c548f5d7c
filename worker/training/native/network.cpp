// Trains one lane of the paper's network at a time: 5x5 convolution to 20 channels, batch norm, ReLU, fully connected.
// `train` takes a whole epoch of steps of heavy ball or Nesterov; `slope` leaves the step to another rule.
//
// Batch norm is fused with the convolution (../batch_norm.py), so a chunk of images goes forward and backward while
// its activations lie in the level-2 cache, and the lane's weights stay there for the whole epoch. Lanes share nothing
// but the images: a lane's bits depend on no other lane, and on no thread.
//
// A lane's row of numbers:   weights (HIDDEN, patch) | scale (HIDDEN) | offset (HIDDEN) | last bias (CLASSES) | padding
//                            | last weights (vectors, HIDDEN, CLASSES, WIDTH)
// Moments of a minibatch:    mean (patch) | covariance (patch, patch)

#include <cmath>
#include <memory>

#include "batch_norm.h"

namespace {

struct Setup {
    Geometry geometry;
    int64_t batch;     // images of a step; the last one may have fewer
    int64_t nesterov;  // else heavy ball
    double decay;      // weight decay
    int64_t derivative;  // in place of the ReLU's, see derivatives.h
};

struct Lane {
    double eta, alpha;
    int64_t loss;
    const void* feedback;  // a row whose last weights the gradient flows back through, or null: the lane's own
};

// Where the parts of a lane's row begin.
template <class T> struct Row {
    int64_t scale, offset, bias, last, size;

    explicit Row(const Geometry& g) {
        scale = HIDDEN * g.patch();
        offset = scale + HIDDEN;
        bias = offset + HIDDEN;
        last = (bias + CLASSES + WIDTH<T> - 1) / WIDTH<T> * WIDTH<T>;
        size = last + g.vectors<T>() * HIDDEN * CLASSES * WIDTH<T>;
    }
};

// Some images of a minibatch with all that the passes over them leave behind.
template <class T> class Chunk {
public:
    explicit Chunk(const Geometry& g)
        : g(g), tail(valid_tail<T>(g)), everything(~Mask<T>{}), staging(g.pixels() + KERNEL + WIDTH<T>),
          pixels(IMAGES * g.image_size<T>()), activations(g.vectors<T>() * HIDDEN * IMAGES * WIDTH<T>), outputs(activations.vectors()) {}

    void read(const T* images, const int64_t* indices, int64_t n) {
        count = n;
        padded = (n + 3) / 4 * 4;  // kernels take images by two and four; what an earlier chunk left there has no weight
        for (int64_t i = 0; i < n; i++)
            lay_out<T>(g, images + indices[i] * g.pixels(), staging, pixels + i * g.image_size<T>());
    }

    template <bool KEEP = false> void forward(const T* fused, const T* row) {
        const Row<T> parts(g);
        const Vec<T>* last = reinterpret_cast<const Vec<T>*>(row + parts.last);
        for (auto& total : totals) total = Vec<T>{};
        for (int64_t v = 0; v < g.vectors<T>(); v++, last += HIDDEN * CLASSES) {
            Vec<T>* out = outputs + v * HIDDEN * IMAGES;
            first_layer<KEEP>(fused, v, out);
            constexpr int K = MANY_REGISTERS ? 5 : 2, I = 4;
            for (int64_t i = 0; i < padded; i += I)
                for (int k = 0; k < CLASSES; k += K) add_logits<T, K, I, KEEP>(out + i, last + k, totals + k * IMAGES + i);
        }
        for (int k = 0; k < CLASSES; k++)
            for (int64_t i = 0; i < IMAGES; i++)
                logits[k][i] = i < count ? sum<T>(totals[k * IMAGES + i]) + row[parts.bias + k] : T(0);
    }

    // Sets the slopes and adds to the bias gradient; returns the sum of the losses. All three times `weight`.
    T losses(int loss, const int64_t* labels, T weight, T* bias_gradient) {
        Vec<T> value[CHUNK_VECTORS], gradient[CHUNK_VECTORS][CLASSES];
        values(loss, labels, value, gradient);
        T total = 0;
        for (int64_t i = 0; i < count; i++) {
            total += at(value, i) * weight;
            for (int k = 0; k < CLASSES; k++) {
                const T slope = gradient[i / WIDTH<T>][k][i % WIDTH<T>] * weight;
                slopes[i * CLASSES + k] = slope;
                bias_gradient[k] += slope;
            }
        }
        return total;
    }

    // The class that the network takes image i for: the first one with the largest logit.
    int64_t answer(int64_t i) const {
        int64_t best = 0;
        for (int k = 1; k < CLASSES; k++)
            if (logits[k][i] > logits[best][i]) best = k;
        return best;
    }

    // Adds to {correct answers, cross-entropy, own loss}.
    void score(int loss, const int64_t* labels, double* scores) {
        Vec<T> cross_entropy[CHUNK_VECTORS], own[CHUNK_VECTORS], unused[CHUNK_VECTORS][CLASSES];
        values(CROSS_ENTROPY, labels, cross_entropy, unused);
        values(loss, labels, own, unused);
        for (int64_t i = 0; i < count; i++) {
            scores[0] += answer(i) == labels[i];
            scores[1] += double(at(cross_entropy, i));
            scores[2] += double(at(own, i));
        }
    }

    // Adds to the gradients: of the last layer, of its inputs' offset (HIDDEN sums), of the taps (HIDDEN, patch sums).
    // The gradient flows back through the last weights of `row`.
    template <int D> void backward(const T* row, Vec<T>* last_gradient, Vec<T>* offset_sums, Vec<T>* tap_sums) {
        const Vec<T>* last = reinterpret_cast<const Vec<T>*>(row + Row<T>(g).last);
        const int64_t vectors = g.vectors<T>();
        for (int64_t v = 0; v < vectors; v += GROUP) {
            const int64_t group = vectors - v < GROUP ? vectors - v : GROUP;
            for (int64_t at = v * HIDDEN; at < (v + group) * HIDDEN; at++)
                backward_last<T, D>(slopes, count, last + at * CLASSES, outputs + at * IMAGES, last_gradient + at * CLASSES,
                                 offset_sums + at % HIDDEN);
            first_layer_backward(v, group, tap_sums);
        }
    }

private:
    static constexpr int CHUNK_VECTORS = IMAGES / WIDTH<T>;
    static_assert(IMAGES % WIDTH<T> == 0);

    static T at(const Vec<T>* vectors, int64_t i) { return vectors[i / WIDTH<T>][i % WIDTH<T>]; }

    // Loss and logit gradient of every image.
    void values(int loss, const int64_t* labels, Vec<T>* value, Vec<T> (*gradient)[CLASSES]) {
        typename Types<T>::Bits padded_labels[IMAGES] = {};
        for (int64_t i = 0; i < count; i++) padded_labels[i] = typename Types<T>::Bits(labels[i]);
        for (int v = 0; v < CHUNK_VECTORS; v++) {
            Vec<T> block[CLASSES];
            Mask<T> label;
            std::memcpy(&label, padded_labels + v * WIDTH<T>, sizeof label);
            for (int k = 0; k < CLASSES; k++) block[k] = load(&logits[k][v * WIDTH<T>]);
            value[v] = loss_and_gradient<T>(loss, block, label, gradient[v]);
        }
    }

    template <bool KEEP> void first_layer(const T* fused, int64_t v, Vec<T>* out) {
        constexpr int C = MANY_REGISTERS ? 10 : 5;
        const Mask<T> kept = v == g.vectors<T>() - 1 ? tail : everything;
        for (int64_t i = 0; i < padded; i += 2) {
            const T* image = pixels + i * g.image_size<T>() + v * WIDTH<T>;
            for (int c = 0; c < HIDDEN; c += C)
                convolve<T, C, KEEP>(g, image, image + g.image_size<T>(), fused + c, kept, out + c * IMAGES + i);
        }
    }

    void first_layer_backward(int64_t v, int64_t group, Vec<T>* tap_sums) {
        constexpr int C = MANY_REGISTERS ? 5 : 2;
        for (int c = 0; c < HIDDEN; c += C)
            for (int64_t row = 0; row < g.channels * KERNEL; row++) {
                const int64_t channel = row / KERNEL, dy = row % KERNEL;
                const T* at = pixels + channel * KERNEL * g.pitch<T>() + dy * g.out_width() + v * WIDTH<T>;
                backward_first<T, C>(g, at, count, group, outputs + (v * HIDDEN + c) * IMAGES,
                                     tap_sums + c * g.patch() + row * KERNEL);
            }
    }

    const Geometry g;
    const Mask<T> tail, everything;
    Buffer<T> staging, pixels, activations;
    Vec<T>* const outputs;
    Vec<T> totals[CLASSES * IMAGES];
    T logits[CLASSES][IMAGES], slopes[IMAGES * CLASSES];
    int64_t count = 0, padded = 0;
};

// w and v of a range of parameters after one step; see ../rules/heavy_ball.py and ../rules/nesterov.py.
template <class T>
void update(const Setup& s, const Lane& lane, T decay, int64_t n, T* __restrict weights, T* __restrict velocity,
            const T* __restrict gradient) {
    const T eta = T(lane.eta), alpha = T(lane.alpha), ahead = s.nesterov ? alpha : T(0);
    for (int64_t i = 0; i < n; i++) {
        const T slope = gradient[i] + decay * weights[i];
        velocity[i] = alpha * velocity[i] + slope;
        weights[i] -= eta * (s.nesterov ? slope + ahead * velocity[i] : velocity[i]);
    }
}

template <class T> class Trainer {
public:
    explicit Trainer(const Setup& s)
        : s(s), g(s.geometry), parts(g), norm(g), chunk(g), taps(HIDDEN * g.patch() * WIDTH<T>), tap_sums(taps.vectors()) {}

    // Sets the gradient (one row) of the mean loss over some images, weight decay left out; returns the loss.
    T slope(const Lane& lane, const T* images, const int64_t* labels, const int64_t* indices, int64_t n, const T* moments,
            const T* weights, T* gradient) {
        switch (s.derivative) {
#define CASE(D) case D: return slope_with<D>(lane, images, labels, indices, n, moments, weights, gradient)
            CASE(LEAKY_RELU); CASE(IDENTITY); CASE(SIGMOID); CASE(TANH); CASE(SOFTPLUS); CASE(ELU); CASE(SWISH);
            default: CASE(RELU);
#undef CASE
        }
    }

    // One step of heavy ball or Nesterov.
    void apply(const Lane& lane, T* weights, T* velocity, const T* gradient) const {
        const int64_t starts[] = {0, parts.bias, parts.last, parts.size};
        for (int part = 0; part < 3; part++) {
            const int64_t at = starts[part], n = starts[part + 1] - at;
            update<T>(s, lane, part == 1 ? T(0) : T(s.decay), n, weights + at, velocity + at, gradient + at);
        }
    }

private:
    template <int D>
    T slope_with(const Lane& lane, const T* images, const int64_t* labels, const int64_t* indices, int64_t n,
                 const T* moments, const T* weights, T* gradient) {
        T loss = 0;
        const T* flowing = lane.feedback ? static_cast<const T*>(lane.feedback) : weights;
        std::memset(gradient, 0, size_t(parts.size) * sizeof(T));
        for (int64_t i = 0; i < HIDDEN * g.patch(); i++) tap_sums[i] = Vec<T>{};
        for (auto& total : offset_sums) total = Vec<T>{};
        norm.fuse(weights, moments);
        for (int64_t start = 0; start < n; start += IMAGES) {
            const int64_t count = n - start < IMAGES ? n - start : IMAGES;
            int64_t classes[IMAGES];
            for (int64_t i = 0; i < count; i++) classes[i] = labels[indices[start + i]];
            chunk.read(images, indices + start, count);
            chunk.template forward<KEEPS_Z<D>>(norm.fused(), weights);
            loss += chunk.losses(int(lane.loss), classes, T(1) / T(n), gradient + parts.bias);
            chunk.template backward<D>(flowing, reinterpret_cast<Vec<T>*>(gradient + parts.last), offset_sums, tap_sums);
        }
        for (int64_t i = 0; i < HIDDEN * g.patch(); i++) gradient[i] = sum<T>(tap_sums[i]);
        for (int c = 0; c < HIDDEN; c++) gradient[parts.offset + c] = sum<T>(offset_sums[c]);
        norm.backward(weights, moments, gradient);
        return loss;
    }

    const Setup s;
    const Geometry g;
    const Row<T> parts;
    BatchNorm<T> norm;
    Chunk<T> chunk;
    Buffer<T> taps;
    Vec<T>* const tap_sums;
    Vec<T> offset_sums[HIDDEN];
};

// Trains one lane on the images `indices`, in steps; stops at a step whose loss is not finite. losses (steps,). rates
// (steps, 2) hold eta and alpha of each step; null: the lane's own in all of them.
template <class T>
void train(const Setup& s, const Lane& lane, const T* images, const int64_t* labels, const int64_t* indices, int64_t n,
           const T* moments, const double* rates, T* weights, T* velocity, T* losses) {
    auto trainer = std::make_unique<Trainer<T>>(s);
    Buffer<T> gradient(Row<T>(s.geometry).size);
    const int64_t size = s.geometry.patch() * (s.geometry.patch() + 1);
    for (int64_t start = 0, step = 0; start < n; start += s.batch, step++, moments += size) {
        const int64_t count = n - start < s.batch ? n - start : s.batch;
        losses[step] = trainer->slope(lane, images, labels, indices + start, count, moments, weights, gradient);
        const Lane now = rates ? Lane{rates[2 * step], rates[2 * step + 1], lane.loss, lane.feedback} : lane;
        trainer->apply(now, weights, velocity, gradient);
        if (!std::isfinite(losses[step])) return;
    }
}

// Takes images 0 ... n - 1 forward, chunk by chunk, and shows each chunk with the number of its first image.
template <class T, class Look>
void forward_all(const Setup& s, const T* images, int64_t n, const T* moments, const T* weights, Look look) {
    BatchNorm<T> norm(s.geometry);
    auto chunk = std::make_unique<Chunk<T>>(s.geometry);
    norm.fuse(weights, moments);
    for (int64_t start = 0; start < n; start += IMAGES) {
        int64_t indices[IMAGES];
        const int64_t count = n - start < IMAGES ? n - start : IMAGES;
        for (int64_t i = 0; i < count; i++) indices[i] = start + i;
        chunk->read(images, indices, count);
        chunk->forward(norm.fused(), weights);
        look(*chunk, start, count);
    }
}

// Sums over images 0 ... n - 1: {classified correctly, cross-entropy, the lane's own loss}.
template <class T>
void evaluate(const Setup& s, int loss, const T* images, const int64_t* labels, int64_t n, const T* moments,
              const T* weights, double* scores) {
    forward_all<T>(s, images, n, moments, weights,
                   [&](Chunk<T>& chunk, int64_t start, int64_t) { chunk.score(loss, labels + start, scores); });
}

// Sets the class (n,) that the network takes each of images 0 ... n - 1 for.
template <class T>
void answer(const Setup& s, const T* images, int64_t n, const T* moments, const T* weights, int64_t* answers) {
    forward_all<T>(s, images, n, moments, weights, [&](const Chunk<T>& chunk, int64_t start, int64_t count) {
        for (int64_t i = 0; i < count; i++) answers[start + i] = chunk.answer(i);
    });
}

// Loss (n,) and logit gradient (CLASSES, n) of n images, a multiple of WIDTH; for the tests.
template <class T>
void examine(int loss, const T* logits, const int64_t* labels, int64_t n, T* values, T* gradient) {
    for (int64_t start = 0; start < n; start += WIDTH<T>) {
        Vec<T> block[CLASSES], slopes[CLASSES];
        Mask<T> label;
        for (int i = 0; i < WIDTH<T>; i++) label[i] = typename Types<T>::Bits(labels[start + i]);
        for (int k = 0; k < CLASSES; k++) block[k] = load(logits + k * n + start);
        store<T>(values + start, loss_and_gradient<T>(loss, block, label, slopes));
        for (int k = 0; k < CLASSES; k++) store<T>(gradient + k * n + start, slopes[k]);
    }
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))
#define FOR_EACH_TYPE(DEFINE) DEFINE(float) DEFINE(double)
#define DEFINE(T)                                                                                                       \
    EXPORT int64_t row_size_##T(const Geometry* g) { return Row<T>(*g).size; }                                          \
    EXPORT int64_t last_start_##T(const Geometry* g) { return Row<T>(*g).last; }                                        \
    EXPORT int64_t width_##T(const Geometry*) { return WIDTH<T>; }                                                      \
    EXPORT void train_##T(const Setup* s, const Lane* lane, const T* images, const int64_t* labels,                     \
                          const int64_t* indices, int64_t n, const T* moments, const double* rates, T* weights,         \
                          T* velocity, T* losses) {                                                                     \
        train<T>(*s, *lane, images, labels, indices, n, moments, rates, weights, velocity, losses);                     \
    }                                                                                                                   \
    EXPORT void* open_##T(const Setup* s) { return new Trainer<T>(*s); }                                                \
    EXPORT void close_##T(void* trainer) { delete static_cast<Trainer<T>*>(trainer); }                                  \
    EXPORT void slope_##T(void* trainer, const Lane* lane, const T* images, const int64_t* labels,                      \
                          const int64_t* indices, int64_t n, const T* moments, const T* weights, T* gradient,           \
                          T* loss) {                                                                                    \
        *loss = static_cast<Trainer<T>*>(trainer)->slope(*lane, images, labels, indices, n, moments, weights, gradient); \
    }                                                                                                                   \
    EXPORT void evaluate_##T(const Setup* s, const Lane* lane, const T* images, const int64_t* labels, int64_t n,       \
                             const T* moments, const T* weights, double* scores) {                                      \
        evaluate<T>(*s, int(lane->loss), images, labels, n, moments, weights, scores);                                  \
    }                                                                                                                   \
    EXPORT void answer_##T(const Setup* s, const T* images, int64_t n, const T* moments, const T* weights,              \
                           int64_t* answers) {                                                                          \
        answer<T>(*s, images, n, moments, weights, answers);                                                            \
    }                                                                                                                   \
    EXPORT void examine_##T(int64_t loss, const T* logits, const int64_t* labels, int64_t n, T* values, T* gradient) {   \
        examine<T>(int(loss), logits, labels, n, values, gradient);                                                     \
    }                                                                                                                   \
    EXPORT void measure_##T(const Geometry* g, const T* images, const int64_t* indices, int64_t n, T* moments) {        \
        PatchMoments<T>(*g).measure(images, indices, n, moments);                                                       \
    }
FOR_EACH_TYPE(DEFINE)
