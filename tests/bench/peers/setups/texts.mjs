// The Russian words that every notice here is given, so that none is measured with shorter ones.
export const title = "Можно использовать cookie?";
export const message =
  "С вашего согласия мы и наши партнёры храним и читаем данные на вашем устройстве для таких целей: ваши настройки, " +
  "статистика посещений, реклама и материалы с других сайтов. Если отклонить, все статьи останутся открыты, а передумать " +
  "можно в любой момент.";
export const accept = "Принять все";
export const refuse = "Отклонить все";
export const choose = "Выбрать";
export const save = "Сохранить";
export const settings = "Настройки cookie";
export const privacy = "Политика конфиденциальности";
export const privacyUrl = "/privacy";
export const terms = "Условия использования";
export const termsUrl = "/terms";
export const necessary = { title: "Необходимые", text: "Помнят ваш выбор. Без них сайт спрашивал бы снова на каждой странице." };
export const purposes = {
  preferences: { title: "Настройки", text: "Помнят, как вам удобно читать: размер букв и язык." },
  analytics: { title: "Статистика", text: "Считают посещения, чтобы мы знали, какие статьи читают." },
  advertising: { title: "Реклама", text: "Подбирают объявления и считают, сколько раз их показали." },
  embeds: { title: "Материалы с других сайтов", text: "Показывают видео и записи, которые хранятся у других." },
};
