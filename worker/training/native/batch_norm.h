// Batch norm in closed form: the functions of ../batch_norm.py for one lane, and the moments that they need.
#pragma once

#include <cmath>

#include "layers.h"

// fuse() and backward() are those of ../batch_norm.py.
template <class T> class BatchNorm {
public:
    explicit BatchNorm(const Geometry& g) : g(g), weights((g.patch() + 1) * HIDDEN), product(HIDDEN * g.patch()) {}

    void fuse(const T* row, const T* moments) {
        const int64_t patch = g.patch();
        const T *mean = moments, *covariance = moments + patch, *scale = row + HIDDEN * patch;
        for (int c = 0; c < HIDDEN; c++) {
            const T* w = row + c * patch;
            T *wc = product + c * patch, variance = 0, shift = 0;
            for (int64_t j = 0; j < patch; j++) wc[j] = 0;
            for (int64_t i = 0; i < patch; i++)
                for (int64_t j = 0; j < patch; j++) wc[j] += w[i] * covariance[i * patch + j];
            for (int64_t j = 0; j < patch; j++) variance += wc[j] * w[j];
            deviation[c] = std::sqrt(variance + T(1e-5));
            for (int64_t j = 0; j < patch; j++) {
                weights[j * HIDDEN + c] = w[j] * (scale[c] / deviation[c]);
                shift += weights[j * HIDDEN + c] * mean[j];
            }
            weights[patch * HIDDEN + c] = scale[HIDDEN + c] - shift;
        }
    }

    // gradient holds G in its first part and g0 in that of the offset; both become gradients of the parameters.
    void backward(const T* row, const T* moments, T* gradient) const {
        const int64_t patch = g.patch();
        T *scale_gradient = gradient + HIDDEN * patch, *offset_gradient = scale_gradient + HIDDEN;
        for (int c = 0; c < HIDDEN; c++) {
            T *centred = gradient + c * patch, along = 0;
            for (int64_t j = 0; j < patch; j++) {
                centred[j] -= offset_gradient[c] * moments[j];
                along += centred[j] * row[c * patch + j];
            }
            scale_gradient[c] = along / deviation[c];
            const T pull = scale_gradient[c] / deviation[c], factor = row[HIDDEN * patch + c] / deviation[c];
            for (int64_t j = 0; j < patch; j++) centred[j] = (centred[j] - pull * product[c * patch + j]) * factor;
        }
    }

    const T* fused() const { return weights; }

private:
    const Geometry g;
    Buffer<T> weights;  // (patch + 1, HIDDEN), the last row the bias
    Buffer<T> product;  // (HIDDEN, patch): W C
    T deviation[HIDDEN];
};

// Mean and population covariance of all patches of some images, summed in double because the moments cancel.
template <class T> class PatchMoments {
public:
    explicit PatchMoments(const Geometry& g)
        : g(g), tail(valid_tail<double>(g)), image(g.pixels()), staging(g.pixels() + KERNEL + WIDTH<double>),
          pixels(g.image_size<double>()), means(g.patch() * WIDTH<double>),
          products(g.patch() * g.patch() * WIDTH<double>) {}

    // moments: mean (patch), then covariance (patch, patch)
    void measure(const T* images, const int64_t* indices, int64_t n, T* moments) {
        const int64_t rows = g.channels * KERNEL;
        for (int64_t i = 0; i < n; i++) {
            for (int64_t p = 0; p < g.pixels(); p++) image[p] = double(images[indices[i] * g.pixels() + p]);
            lay_out<double>(g, image, staging, pixels);
            for (int64_t a = 0; a < rows; a++)
                for (int64_t b = a; b < rows; b++) add_rows(a, b);
        }
        finish(double(n * g.positions()), moments);
    }

private:
    const double* row_of(int64_t row, int64_t dx) const {
        return pixels + ((row / KERNEL) * KERNEL + dx) * g.pitch<double>() + (row % KERNEL) * g.out_width();
    }

    // Products of the taps in row a of the patch with those in row b, over all positions of the image.
    void add_rows(int64_t a, int64_t b) {
        Vec<double> sums[KERNEL][KERNEL]{}, totals[KERNEL]{};
        for (int64_t v = 0; v < g.vectors<double>(); v++) {
            Vec<double> left[KERNEL];
            UNROLL for (int j = 0; j < KERNEL; j++) {
                left[j] = load(row_of(a, j) + v * WIDTH<double>);
                if (v == g.vectors<double>() - 1) left[j] = tail ? left[j] : Vec<double>{};
                totals[j] += left[j];
            }
            UNROLL for (int k = 0; k < KERNEL; k++) {
                const Vec<double> right = load(row_of(b, k) + v * WIDTH<double>);
                UNROLL for (int j = 0; j < KERNEL; j++) sums[j][k] += left[j] * right;
            }
        }
        for (int j = 0; j < KERNEL; j++) {
            if (a == b) means.vectors()[a * KERNEL + j] += totals[j];
            Vec<double>* target = products.vectors() + (a * KERNEL + j) * g.patch() + b * KERNEL;
            for (int k = 0; k < KERNEL; k++) target[k] += sums[j][k];
        }
    }

    void finish(double count, T* moments) const {
        const int64_t patch = g.patch();
        const auto mean = [&](int64_t j) { return sum<double>(means.vectors()[j]) / count; };
        for (int64_t j = 0; j < patch; j++) moments[j] = T(mean(j));
        for (int64_t j = 0; j < patch; j++)
            for (int64_t k = 0; k < patch; k++) {
                const bool measured = j / KERNEL <= k / KERNEL;  // the other half by symmetry
                const double product = sum<double>(products.vectors()[measured ? j * patch + k : k * patch + j]) / count;
                moments[patch + j * patch + k] = T(product - mean(j) * mean(k));
            }
    }

    const Geometry g;
    const Mask<double> tail;
    Buffer<double> image, staging, pixels, means, products;
};
