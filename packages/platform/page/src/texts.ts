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
    listen: 'Play the model a sound: choose one, record one, or drop it here.',
    dropSound: 'Drop a sound here',
    uploadSound: 'Choose a sound…',
    record: 'Record',
    recorded: 'Recording',
    elapsed: 'Recorded so far',
    opening: 'Waiting for the microphone: your browser may ask whether this page may use it.',
    recording: 'Recording: press Stop when you have finished.',
    recordingLive: 'Recording: the text appears while you speak. Press Stop when you have finished.',
    ending: 'Hearing the rest …',
    insecure:
      'Browsers allow the microphone on https addresses and on localhost alone: open this page at such an address, or choose a sound.',
    refused:
      'This page may not use the microphone. Allow it beside the address, or in the settings of the browser or the system, and record again.',
    noMicrophone: 'There is no microphone. Connect one and record again, or choose a sound.',
    microphoneInUse:
      'The microphone cannot be read; another program may be using it. Close that one, and record again.',
    lost: 'The connection to the server was lost. What it had heard until then stays, and the recording can be played.',
    noWords: 'No words were heard.',
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
    listen: '给模型听一段声音：请选择、录音，或拖放到这里。',
    dropSound: '把声音文件拖放到这里',
    uploadSound: '选择声音…',
    record: '录音',
    recorded: '录音',
    elapsed: '已录时长',
    opening: '正在等待麦克风：浏览器可能会询问是否允许此页面使用。',
    recording: '正在录音：说完后请按“停止”。',
    recordingLive: '正在录音：您说话时文字随即出现。说完后请按“停止”。',
    ending: '正在听完剩余的声音……',
    insecure:
      '浏览器只在 https 地址或 localhost 上允许使用麦克风：请用这样的地址打开此页面，或选择声音文件。',
    refused: '此页面未获准使用麦克风。请在地址栏旁、浏览器或系统设置中允许，然后重新录音。',
    noMicrophone: '没有找到麦克风。请连接麦克风后重新录音，或选择声音文件。',
    microphoneInUse: '无法读取麦克风，可能正被其他程序使用。请关闭该程序，然后重新录音。',
    lost: '与服务器的连接已断开。此前听到的内容仍会保留，录音可以播放。',
    noWords: '没有听到词语。',
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
