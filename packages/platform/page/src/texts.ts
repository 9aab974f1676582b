/** What the page says, in each language. */
const texts = {
  en: {
    model: 'Model',
    input: 'Your question',
    output: 'Answer',
    draw: 'Draw a digit, and watch the model make up its mind.',
    show: 'Show the model a picture: choose one, or drop it here.',
    invitation: 'Draw here',
    drop: 'Drop a picture here',
    board: 'Drawing board',
    clear: 'Clear',
    upload: 'Choose a picture…',
    write: 'Write a text, and let the model read it.',
    begin: 'Write the beginning of a text, and let the model go on.',
    word: 'Write a word, and see which others are near it.',
    writing: 'Your text',
    ask: 'Ask',
    goOn: 'Go on',
    stop: 'Stop',
    noEntities: 'There are no entities in this text.',
    noDetections: 'There is nothing on this picture that the model knows.',
    listen: 'Play the model a sound: choose one, or drop it here.',
    dropSound: 'Drop a sound here',
    uploadSound: 'Choose a sound…',
    keys: 'With the keyboard: arrow keys move the pen, the space bar lowers and lifts it.',
    make: 'Have the model make pictures. Equal seeds make equal pictures.',
    class: 'Class',
    eachClass: 'Each in turn',
    count: 'Pictures',
    seed: 'Seed',
    towards: 'Walk to seed',
    noWalk: 'none',
    create: 'Make',
    another: 'Another seed',
    save: 'Save as PNG',
    madeFrom: '{count} made pictures{of}, seed {seed}',
    madeBetween: '{count} made pictures{of}, on the way from seed {seed} to {towards}',
    ofClass: ' of the class {name}',
    ofEachClass: ', each class in turn',
    notPicture: "'{name}' is no picture.",
    notSound: "'{name}' is no sound.",
    waiting: 'The answer will appear here.',
    time: 'Answered in {milliseconds} ms.',
    failed: 'No answer: {reason}',
    none: 'The models that are served here take arrays: ask them at /v2/models.',
    other: '简体中文',
  },
  zh: {
    model: '模型',
    input: '您的问题',
    output: '回答',
    draw: '写一个数字，看模型如何判断。',
    show: '给模型看一张图片：请选择，或拖放到这里。',
    invitation: '在这里书写',
    drop: '把图片拖放到这里',
    board: '画板',
    clear: '清除',
    upload: '选择图片…',
    write: '写一段文字，让模型阅读。',
    begin: '写下开头，让模型续写。',
    word: '写一个词，看哪些词与它相近。',
    writing: '您的文字',
    ask: '提问',
    goOn: '续写',
    stop: '停止',
    noEntities: '这段文字中没有找到实体。',
    noDetections: '图片上没有模型认识的物体。',
    listen: '给模型听一段声音：请选择，或拖放到这里。',
    dropSound: '把声音文件拖放到这里',
    uploadSound: '选择声音…',
    keys: '键盘操作：方向键移动画笔，空格键落笔或抬笔。',
    make: '让模型生成图片。相同的种子生成相同的图片。',
    class: '类别',
    eachClass: '每类依次',
    count: '张数',
    seed: '种子',
    towards: '渐变到种子',
    noWalk: '无',
    create: '生成',
    another: '换一个种子',
    save: '保存为 PNG',
    madeFrom: '生成的 {count} 张图片{of}，种子 {seed}',
    madeBetween: '生成的 {count} 张图片{of}，从种子 {seed} 渐变到 {towards}',
    ofClass: '，类别 {name}',
    ofEachClass: '，每类依次',
    notPicture: '“{name}”不是图片。',
    notSound: '“{name}”不是声音文件。',
    waiting: '结果将显示在这里。',
    time: '用时 {milliseconds} 毫秒。',
    failed: '没有结果：{reason}',
    none: '这里的模型只接受数组：请使用 /v2/models。',
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
