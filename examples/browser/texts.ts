const en = {
  title: 'Training in this browser',
  intro:
    'A convolutional network learns to read digits, here on your machine: nothing is sent anywhere. The digits it learns from are drawn by a simulated pen.',
  training: 'Training',
  train: 'Train',
  stop: 'Stop',
  cpu: 'CPU (WebAssembly)',
  webgpu: 'GPU (WebGPU)',
  curve: 'Loss of each step',
  draw: 'Draw a digit',
  clear: 'Clear',
  ready: 'Press “Train” to begin.',
  starting: 'Preparing the network…',
  step: (step: number, steps: number, loss: string, accuracy: string) =>
    `Step ${step} of ${steps} · loss ${loss} · accuracy ${accuracy}`,
  trained: (accuracy: string, seconds: string) =>
    `Done in ${seconds} s: reads ${accuracy} of the digits it has not seen. Now draw one.`,
  failed: (message: string) => `Failed: ${message}`,
};

const zh: typeof en = {
  title: '在浏览器中训练',
  intro: '卷积神经网络就在您的电脑上学习识别数字，数据不会发送到任何地方。训练用的数字由模拟的笔绘制而成。',
  training: '训练',
  train: '开始训练',
  stop: '停止',
  cpu: 'CPU（WebAssembly）',
  webgpu: 'GPU（WebGPU）',
  curve: '每一步的损失',
  draw: '写一个数字',
  clear: '清除',
  ready: '点击“开始训练”。',
  starting: '正在准备网络……',
  step: (step, steps, loss, accuracy) => `第 ${step} 步，共 ${steps} 步 · 损失 ${loss} · 准确率 ${accuracy}`,
  trained: (accuracy, seconds) =>
    `用时 ${seconds} 秒，对未见过的数字识别准确率为 ${accuracy}。现在请写一个数字。`,
  failed: (message) => `失败：${message}`,
};

export const texts = { en, zh };
export type Language = keyof typeof texts;
