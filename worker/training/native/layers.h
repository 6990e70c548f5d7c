// The products over one chunk of images and one lane: the only code that has to be fast.
//
// Vectors run along positions. Positions of an image are numbered row by row and cut into `vectors` vectors; of each
// image there are five copies shifted by dx = 0 ... 4 pixels and narrowed to the output's width, so that the patches'
// pixel (dy, dx) at consecutive positions is contiguous:
//
//     pixels    [image][channel][dx][pitch]     pixel (dy, dx) of position p stands at p + dy * out_width
//     outputs   [vector][c][image]              after the ReLU, or before it where the backward pass keeps z; their
//                                               gradient takes their place
//     last      [vector][c][class]              the last layer's weights
//
// Each kernel holds a block of sums in registers while it runs along its inner dimension.
#pragma once

#include "derivatives.h"
#include "losses.h"

constexpr int HIDDEN = 20, KERNEL = 5, TAPS = KERNEL * KERNEL;
constexpr int IMAGES = 16;   // of a chunk: outputs and weights of a lane fit in a level-2 cache
constexpr int GROUP = 4;     // vectors of positions between two visits of the first layer's gradient

struct Geometry {
    int64_t channels, height, width;  // of an image

    int64_t pixels() const { return channels * height * width; }
    int64_t out_width() const { return width - KERNEL + 1; }
    int64_t positions() const { return (height - KERNEL + 1) * out_width(); }
    int64_t patch() const { return channels * TAPS; }
    template <class T> int64_t vectors() const { return (positions() + WIDTH<T> - 1) / WIDTH<T>; }
    template <class T> int64_t pitch() const { return (height * out_width() / WIDTH<T> + 2) * WIDTH<T>; }
    template <class T> int64_t image_size() const { return channels * KERNEL * pitch<T>(); }
};

// Elements that are positions, in the last vector of an image.
template <class T> inline Mask<T> valid_tail(const Geometry& g) {
    Mask<T> mask;
    const int64_t valid = g.positions() - (g.vectors<T>() - 1) * WIDTH<T>;
    for (int i = 0; i < WIDTH<T>; i++) mask[i] = i < valid ? -1 : 0;
    return mask;
}

// Lays one image out; `staging` holds pixels() + WIDTH numbers. Rows are written in whole vectors, each over the last
// one's excess.
template <class T> void lay_out(const Geometry& g, const T* image, T* staging, T* pixels) {
    std::memcpy(staging, image, size_t(g.pixels()) * sizeof(T));
    for (int64_t channel = 0; channel < g.channels; channel++)
        for (int64_t dx = 0; dx < KERNEL; dx++, pixels += g.pitch<T>())
            for (int64_t y = 0; y < g.height; y++)
                for (int64_t x = 0; x < g.out_width(); x += WIDTH<T>)
                    store<T>(pixels + y * g.out_width() + x, load(staging + (channel * g.height + y) * g.width + dx + x));
}

// outputs of C channels at one vector of positions of two images.
//   weights (patch + 1, HIDDEN), the last row the bias; both pointers already at the block's first channel.
template <class T, int C, bool KEEP>
INLINE void convolve(const Geometry& g, const T* one, const T* two, const T* weights, Mask<T> kept, Vec<T>* outputs) {
    Vec<T> sums[C][2];
    const T* bias = weights + g.patch() * HIDDEN;
    UNROLL for (int c = 0; c < C; c++) sums[c][0] = sums[c][1] = broadcast(bias[c]);
    for (int64_t channel = 0; channel < g.channels; channel++)
        for (int dy = 0; dy < KERNEL; dy++)
            UNROLL for (int dx = 0; dx < KERNEL; dx++, weights += HIDDEN) {
                const int64_t at = (channel * KERNEL + dx) * g.pitch<T>() + dy * g.out_width();
                const Vec<T> x0 = load(one + at), x1 = load(two + at);
                UNROLL for (int c = 0; c < C; c++) {
                    sums[c][0] += weights[c] * x0;
                    sums[c][1] += weights[c] * x1;
                }
            }
    UNROLL for (int c = 0; c < C; c++)
        UNROLL for (int i = 0; i < 2; i++) {
            const Vec<T> output = KEEP ? sums[c][i] : rectified<T>(sums[c][i]);
            outputs[c * IMAGES + i] = kept ? output : Vec<T>{};
        }
}

// Adds to the logits of K classes and I images what the channels of one vector of positions contribute.
template <class T, int K, int I, bool KEEP>
INLINE void add_logits(const Vec<T>* outputs, const Vec<T>* last, Vec<T>* logits) {
    Vec<T> sums[K][I];
    UNROLL for (int k = 0; k < K; k++) UNROLL for (int i = 0; i < I; i++) sums[k][i] = logits[k * IMAGES + i];
    for (int c = 0; c < HIDDEN; c++, outputs += IMAGES, last += CLASSES)
        UNROLL for (int k = 0; k < K; k++)
            UNROLL for (int i = 0; i < I; i++) sums[k][i] += last[k] * (KEEP ? rectified<T>(outputs[i]) : outputs[i]);
    UNROLL for (int k = 0; k < K; k++) UNROLL for (int i = 0; i < I; i++) logits[k * IMAGES + i] = sums[k][i];
}

// One channel at one vector of positions: turns outputs into their gradient and adds to the last layer's gradient.
//   slopes (images, CLASSES), the gradient at the logits; flowing: the weights through which it flows back.
template <class T, int D>
INLINE void backward_last(const T* slopes, int64_t images, const Vec<T>* flowing, Vec<T>* outputs,
                          Vec<T>* last_gradient, Vec<T>* bias_gradient) {
    Vec<T> weights[CLASSES], sums[CLASSES], total = *bias_gradient;
    UNROLL for (int k = 0; k < CLASSES; k++) weights[k] = flowing[k], sums[k] = last_gradient[k];
    for (int64_t i = 0; i < images; i++, slopes += CLASSES) {
        const Vec<T> z = outputs[i], output = KEEPS_Z<D> ? rectified<T>(z) : z;
        Vec<T> gradient{};
        UNROLL for (int k = 0; k < CLASSES; k++) {
            const Vec<T> slope = broadcast(slopes[k]);
            gradient += slope * weights[k];
            sums[k] += slope * output;
        }
        gradient = times_derivative<T, D>(gradient, z);
        total += gradient;
        outputs[i] = gradient;
    }
    UNROLL for (int k = 0; k < CLASSES; k++) last_gradient[k] = sums[k];
    *bias_gradient = total;
}

// Adds to the gradient of C channels' weights for one row of taps, over `vectors` vectors of positions.
//   gradient (C, KERNEL) sums with a stride of TAPS * channels; pixels at the row's first position.
template <class T, int C>
INLINE void backward_first(const Geometry& g, const T* pixels, int64_t images, int64_t vectors, const Vec<T>* outputs,
                           Vec<T>* gradient) {
    Vec<T> sums[C][KERNEL];
    UNROLL for (int c = 0; c < C; c++)
        UNROLL for (int dx = 0; dx < KERNEL; dx++) sums[c][dx] = gradient[c * g.patch() + dx];
    for (int64_t v = 0; v < vectors; v++)
        for (int64_t i = 0; i < images; i++) {
            const T* row = pixels + i * g.image_size<T>() + v * WIDTH<T>;
            const Vec<T>* flowing = outputs + v * HIDDEN * IMAGES + i;
            UNROLL for (int dx = 0; dx < KERNEL; dx++) {
                const Vec<T> x = load(row + dx * g.pitch<T>());
                UNROLL for (int c = 0; c < C; c++) sums[c][dx] += flowing[c * IMAGES] * x;
            }
        }
    UNROLL for (int c = 0; c < C; c++)
        UNROLL for (int dx = 0; dx < KERNEL; dx++) gradient[c * g.patch() + dx] = sums[c][dx];
}
