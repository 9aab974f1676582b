/** The languages in which reports are written. */
export type Language = 'en' | 'zh';

const captions = {
  en: {
    actual: 'Actual class',
    best: 'best',
    calibration: 'Calibration',
    chance: 'chance',
    confidence: 'Confidence',
    confusionMatrix: 'Confusion matrix',
    epoch: 'epoch',
    eta: 'ETA',
    examplesPerSecond: 'examples/s',
    expectedCalibrationError: 'expected calibration error',
    falsePositiveRate: 'False positive rate',
    flops: 'FLOPs',
    layer: 'Layer',
    outputShape: 'Output shape',
    observedAccuracy: 'Accuracy',
    parameters: 'Parameters',
    perfectCalibration: 'perfect calibration',
    precision: 'precision',
    precisionRecall: 'Precision over recall',
    predicted: 'Predicted class',
    recall: 'recall',
    roc: 'ROC curve',
    pointSize: 'area of a point: number of examples',
    rowShare: 'counts; colour: share of the actual class',
    size: 'Size',
    step: 'step',
    stepsPerSecond: 'steps/s',
    train: 'training',
    trainable: 'Trainable',
    trainingCurves: 'Training curves',
    truePositiveRate: 'True positive rate',
    type: 'Type',
    validation: 'validation',
  },
  zh: {
    actual: '真实类别',
    best: '最佳',
    calibration: '校准曲线',
    chance: '随机猜测',
    confidence: '置信度',
    confusionMatrix: '混淆矩阵',
    epoch: '轮次',
    eta: '剩余',
    examplesPerSecond: '样本/秒',
    expectedCalibrationError: '期望校准误差',
    falsePositiveRate: '假阳性率',
    flops: '浮点运算量',
    layer: '层',
    outputShape: '输出形状',
    observedAccuracy: '准确率',
    parameters: '参数量',
    perfectCalibration: '理想校准',
    precision: '精确率',
    precisionRecall: '精确率-召回率曲线',
    predicted: '预测类别',
    recall: '召回率',
    roc: 'ROC 曲线',
    pointSize: '点的面积表示样本数',
    rowShare: '数字为样本数，颜色为占真实类别的比例',
    size: '大小',
    step: '步',
    stepsPerSecond: '步/秒',
    train: '训练',
    trainable: '可训练',
    trainingCurves: '训练曲线',
    truePositiveRate: '真阳性率',
    type: '类型',
    validation: '验证',
  },
} as const satisfies Record<Language, Record<string, string>>;

/** The words that reports use, in one language. */
export type Captions = Readonly<Record<keyof (typeof captions)['en'], string>>;

const englishMetrics: Readonly<Record<string, string>> = {
  f1: 'F1',
  macroF1: 'macro F1',
  naiveBayesAccuracy: 'accuracy of naive Bayes',
};

const chineseMetrics: Readonly<Record<string, string>> = {
  loss: '损失',
  accuracy: '准确率',
  precision: '精确率',
  recall: '召回率',
  f1: 'F1 分数',
  macroF1: '宏平均 F1',
  naiveBayesAccuracy: '朴素贝叶斯准确率',
  perplexity: '困惑度',
  characterErrorRate: '字错误率',
  wordErrorRate: '词错误率',
  meanSquaredError: '均方误差',
  rootMeanSquaredError: '均方根误差',
  meanAbsoluteError: '平均绝对误差',
  learningRate: '学习率',
};

/** The words of a language. */
export function captionsIn(language: Language): Captions {
  return captions[language];
}

/** A metric's name as people read it: `meanSquaredError` is "mean squared error" or "均方误差"; abbreviations such as `mAP@0.5` stay. */
export function metricLabel(metric: string, language: Language): string {
  if (metric.includes('@')) return metric;
  const known = language === 'zh' ? chineseMetrics[metric] : englishMetrics[metric];
  return (
    known ??
    metric.replace(/([a-z0-9])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`)
  );
}
