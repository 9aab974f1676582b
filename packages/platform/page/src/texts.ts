/** What the page says, in each language. */
const texts = {
  en: {
    model: 'Model',
    input: 'Your picture',
    output: 'Prediction',
    draw: 'Draw a digit, and watch the model make up its mind.',
    show: 'Show the model a picture: choose one, or drop it here.',
    invitation: 'Draw here',
    drop: 'Drop a picture here',
    board: 'Drawing board',
    clear: 'Clear',
    upload: 'Choose a picture…',
    keys: 'With the keyboard: arrow keys move the pen, the space bar lowers and lifts it.',
    waiting: 'The probability of each class will appear here.',
    time: 'Answered in {milliseconds} ms.',
    failed: 'No answer: {reason}',
    none: 'No model for pictures is served here. Others answer at /v2/models.',
    other: '简体中文',
  },
  zh: {
    model: '模型',
    input: '您的图片',
    output: '预测',
    draw: '写一个数字，看模型如何判断。',
    show: '给模型看一张图片：请选择，或拖放到这里。',
    invitation: '在这里书写',
    drop: '把图片拖放到这里',
    board: '画板',
    clear: '清除',
    upload: '选择图片…',
    keys: '键盘操作：方向键移动画笔，空格键落笔或抬笔。',
    waiting: '每个类别的概率将显示在这里。',
    time: '用时 {milliseconds} 毫秒。',
    failed: '没有结果：{reason}',
    none: '这里没有图像模型。其他模型请使用 /v2/models。',
    other: 'English',
  },
};

export type Language = keyof typeof texts;
export type TextName = keyof (typeof texts)['en'];

let language: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';

/** The language that the page is in: at first the browser's. */
export function currentLanguage(): Language {
  return language;
}

/** Goes to the other language. */
export function switchLanguage(): void {
  language = language === 'en' ? 'zh' : 'en';
}

/** A text in the current language, with its `{names}` filled in. */
export function text(name: TextName, values: Readonly<Record<string, string>> = {}): string {
  return texts[language][name].replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '');
}
