"""Keras on TensorFlow: each step one compiled graph (tf.function), images channels last, all cores."""

from protocol import CORES, serve

import itertools
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
from keras import layers

BATCHES = 16


def digit_cnn():
    return keras.Sequential([
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.Flatten(),
        layers.Dense(64, activation="relu"), layers.Dense(10),
    ])


def mlp():
    return keras.Sequential([layers.Dense(512, activation="relu"), layers.Dense(512, activation="relu"), layers.Dense(10)])


def sequence_classifier():
    return keras.Sequential([layers.LSTM(128), layers.Dense(10)])


def normalised_conv(x, filters, size, stride):
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def basic_block(x, filters, stride):
    main = layers.ReLU()(normalised_conv(x, filters, 3, stride))
    main = normalised_conv(main, filters, 3, 1)
    shortcut = x if x.shape[-1] == filters and stride == 1 else normalised_conv(x, filters, 1, stride)
    return layers.ReLU()(layers.Add()([main, shortcut]))


def resnet18():
    inputs = keras.Input((64, 64, 3))
    x = layers.ReLU()(normalised_conv(inputs, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        x = basic_block(basic_block(x, filters, stride), filters, 1)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def training(make, shape):
    def prepare():
        keras.utils.set_random_seed(0)
        model = make()
        model.build(shape)
        optimizer = keras.optimizers.Adam(1e-3)
        optimizer.build(model.trainable_variables)
        cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        batches = itertools.cycle([
            (tf.random.normal(shape), tf.random.uniform(shape[:1], maxval=10, dtype=tf.int32)) for _ in range(BATCHES)
        ])

        @tf.function
        def train(x, y):
            with tf.GradientTape() as tape:
                loss = cross_entropy(y, model(x, training=True))
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss

        return lambda: float(train(*next(batches)))

    return prepare


def prediction(make, shape):
    def prepare():
        keras.utils.set_random_seed(0)
        model = make()
        model.build(shape)
        x = tf.random.normal(shape)
        predict = tf.function(lambda x: tf.reduce_sum(model(x, training=False)))
        return lambda: float(predict(x))

    return prepare


def convolution():
    tf.random.set_seed(0)
    x = tf.Variable(tf.random.normal((16, 32, 32, 64)))
    weight = tf.Variable(tf.random.normal((3, 3, 64, 128)))

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.nn.conv2d(x, weight, 1, "SAME")))
        return loss, tape.gradient(loss, (x, weight))

    return lambda: float(gradients()[0])


tf.config.threading.set_intra_op_parallelism_threads(CORES)
serve("Keras", f"{keras.__version__} (TensorFlow {tf.__version__})", CORES, {
    "digit-cnn-64": training(digit_cnn, (64, 28, 28, 1)),
    "digit-cnn-32": training(digit_cnn, (32, 28, 28, 1)),
    "mlp-64": training(mlp, (64, 784)),
    "conv-layer": convolution,
    "resnet18-16": training(resnet18, (16, 64, 64, 3)),
    "lstm-32": training(sequence_classifier, (32, 100, 64)),
    "predict-digit-cnn-1": prediction(digit_cnn, (1, 28, 28, 1)),
    "predict-digit-cnn-64": prediction(digit_cnn, (64, 28, 28, 1)),
    "predict-resnet18-1": prediction(resnet18, (1, 64, 64, 3)),
})
