"""Absence notes that can only be recognised by their text, in many languages (E07).

Compared without accents and case, as in `automatic_subjects`.
"""

import itertools
import re

from .automatic_subjects import compile_plain, either, plain_text

# Who is away …
AWAY = {
    "de": r"(ich bin|bin ich|wir sind|ich befinde mich|befinde ich mich)\b.{0,60}"
    r"\b(au(ss|ß)er haus|nicht im (haus|buro|hause)|nicht (an meinem|am) arbeitsplatz"
    r"|(bis|vom|ab|momentan|derzeit|zurzeit|zur zeit|aktuell) .{0,40}"
    r"nicht (personlich )?erreichbar|(momentan|derzeit|zurzeit|zur zeit|aktuell)"
    r" nicht (personlich )?erreichbar|abwesend|im (\w+ )?urlaub"
    r"|in elternzeit|auf (dienst|geschafts)reise)"
    r"|(unser(e|en)?|das|die|der) (buro|betrieb|buros|praxis|kanzlei|geschaft|laden"
    r"|unternehmen|firma|werk)\b.{0,60}\bgeschlossen|wir (haben|machen)\b.{0,60}"
    r"\b(betriebsferien|betriebsurlaub|geschlossen)",
    "en": r"(i am|i'm|i will be|i'll be|we are)\b.{0,40}"
    r"\b(out of (the |my )?office|away (from|until|till|on)|absent"
    r"|on (\w+ ){0,2}(leave|vacation|holidays?))"
    r"|(our|the) (office|offices|company|shop|store)\b.{0,40}\bclosed",
    "fr": r"(je suis|je serai|nous sommes|actuellement)\b.{0,60}"
    r"\b(absente?s?|en (conges?|vacances|deplacement))"
    r"|(notre|nos|le|les) (bureaux?|societe|entreprise)\b.{0,40}\bfermee?s?",
    "es": r"(estoy|estare|me encuentro|estamos)\b.{0,60}"
    r"\b(fuera de (la |mi )?oficina|ausente|de (vacaciones|viaje|baja))",
    "it": r"(sono|saro)\b.{0,60}\b(fuori (sede|ufficio|dall'ufficio)|assente|in ferie)",
    "nl": r"(ik ben|ben ik)\b.{0,60}"
    r"\b(afwezig|niet (aanwezig|op kantoor)|op vakantie|met (vakantie|verlof))",
    "pl": r"(jestem|bede|przebywam)\b.{0,60}\b(nieobecn\w+|na urlopie|poza biurem)",
    "pt": r"(estou|estarei|encontro-me)\b.{0,60}"
    r"\b(ausente|fora do escritorio|de ferias)",
    "sv": r"jag ar\b.{0,60}\b(bortrest|franvarande|pa semester)",
    "da": r"jeg er\b.{0,60}\b(ikke til ?stede|ikke pa kontoret|fraværende|pa ferie)",
    "fi": r"olen\b.{0,60}\b(poissa|lomalla)",
    "cs": r"(jsem|budu)\b.{0,60}\b(nepritom\w+|mimo kancelar\w*|na dovolene)"
    r"|(cerpam|mam)\b.{0,40}\bdovolenou",
    "ru": r"я\b.{0,60}\b(в отпуске|отсутствую)",
    "tr": r"(izindeyim|izinde olacagım|tatildeyim|tatilde olacagım"
    r"|ofis(imin)? dısında(yım| olacagım)|ofiste (degilim|olmayacagım))",
    "uk": r"(я|буду)\b.{0,60}\b(у|в) відпустці|(я|буду)\b.{0,40}відсутн",
    "bg": r"(съм|ще бъда)\b.{0,40}\b(в отпуск|извън офиса)|в отпуск съм|отсъствам",
    "sk": r"(som|budem)\b.{0,60}\b(na dovolenke|mimo kancelar\w*|nepritomn\w*)",
    "hr": r"((nisam|necu biti)\b.{0,30}\bu uredu|(sam|bit cu|biti cu)\b.{0,40}"
    r"\b(odsut\w+|na (godisnjem|odmoru))|odsut\w+ sam)",
    "sl": r"(sem|bom)\b.{0,40}\b(odsot\w+|na dopustu)|me ni v pisarni",
    "hu": r"(nem vagyok|nem leszek)\b.{0,40}\b(irodaban|elerheto)"
    r"|szabadsagon (vagyok|leszek)|(vagyok|leszek)\b.{0,30}\bszabadsagon",
    "ro": r"(sunt|voi fi)\b.{0,60}\b(in concediu|plecata?|absenta?)"
    r"|nu (sunt|voi fi) la birou",
    "el": r"(ειμαι|θα ειμαι|θα λειπω|απουσιαζω|θα απουσιαζω)\b.{0,60}"
    r"\b(εκτος γραφειου|σε αδεια|μεχρι|εως|απο)",
    "no": r"jeg er\b.{0,60}\b(pa ferie|bortreist|ikke (pa kontoret|tilgjengelig))",
    "et": r"(olen|viibin)\b.{0,60}\b(puhkusel|kontorist eemal)",
    "lt": r"(esu|busiu|atostogauju)\b.{0,60}\b(atostogose|isvykes|iki)",
    "lv": r"(esmu|busu)\b.{0,60}\b(atvalinajuma|prombutne)",
    "he": r"(אני|אהיה|הנני)\b.{0,40}(בחופשה|בחופש|לא (נמצא|אהיה) במשרד)",
    "ar": r"(انا|ساكون|اكون)\b.{0,40}(اجازة|خارج المكتب)",
    "vi": r"toi\b.{0,40}\b(đang|se) (nghi phep|vang mat|đi cong tac)",
    "id": r"saya\b.{0,40}\b(sedang cuti|cuti|tidak (berada )?di kantor)",
    # nothing stands between words
    "zh": r".{0,20}(休假|年假|[请請]假|出差|度假|不在(办公室|辦公室)|外出)",
    "ja": r".{0,30}(休暇中|(休暇|お休み)を(いただ|頂|取得)|不在(に|と|で)(し|な|す)"
    r"|出張中|出張のため|休業)",
    "ko": r".{0,30}(휴가 ?(중|입니다|로|를)|출장 ?(중|입니다|으로)|부재 ?중|자리를 비)",
}
# … says until when,
UNTIL = (
    r"\b(until|till|through|bis|jusqu\w*|hasta|fino|sino|tot|t/m|ate|til|tills|asti"
    r"|saakka|до|kadar|dek|pana|μεχρι|εως|iki|lidz|kuni|עד|حتى|đen|sampai|hingga)\b"
    r"|\d[.-]?i?g\b"
    r"|(至|到|直到)[^,。]{0,10}\d|\d[日号號]?(まで|以降|[^,。]{0,4}[回返])"
    r"|(到|至)?下?(周|週|星期)[一二三四五六日天][^,。]{0,6}[回返]"
    r"|(到|至)下?(周|週|星期)[一二三四五六日天]|(明日|明天|後天|后天)[^,。]{0,4}[回返]"
    r"|(\d日|[月火水木金]曜日?|来週|明日)[^。]{0,8}(出社|復帰|出勤|戻)"
    r"|\d일?(까지|부터)|\d일?에? ?(복귀|돌아)|[월화수목금]요일(까지|에 (복귀|돌아))"
    r"|\b(from|vom|von|ab|du|del|desde|dal|van|vanaf|od|de|fra|fran|do|с)\b.{0,20}\d"
    r"|\b(komme|bin|sind|kehre)\b.{0,30}\d.{0,20}\b(zuruck|wieder)\b"
    r"|\b(returning|return|back|(de )?retour)\b.{0,25}"
    r"(\d|\b(monday|tuesday|wednesday|thursday|friday|lundi|mardi|mercredi|jeudi"
    r"|vendredi)\b)"
)
# and whom to ask meanwhile, or when the mail will be read.
MEANWHILE = (
    r"\b(in|for|bei) (very )?(urgent|dringenden|eiligen) (cases?|matters?|issues?"
    r"|requests?|enquiries|fall\w*|angelegenheiten|anliegen|anfragen)"
    r"|\b(if|wenn) \w+( \w+)? (urgent|dringend)|\b(in|im) (an )?(emergenc|notfall)"
    r"|en cas d'urgence|en caso de urgencia|in caso di urgenz|in dringende gevallen"
    r"|(para|por) (as+untos|temas|cuestiones|questoes) urgentes|(si|se) es? urgente"
    r"|per (urgenze|(casi|questioni|richieste) urgenti)|si c'est urgent"
    r"|pour toute urgence"
    r"|voor dringende|bij (spoed|dringend)|w (pilnych|naglych)|em caso de urgencia"
    r"|\bcontact my (colleague|deputy)|\bmy colleagues? \w+( \w+)? will"
    r"|in (my absence|meiner abwesenheit|mijn afwezigheid|mia assenza)"
    r"|en (mon absence|mi ausencia)|vertritt mich|meine vertretung"
    r"|(limited|no) access to (my )?e-?mail|eingeschrankte?n? zugriff auf"
    r"|(not be|nicht) (automatically |automatisch )?(forwarded|weitergeleitet)"
    r"|(upon|on|after) my return|\bfor anything urgent|nach meiner ruckkehr"
    r"|wenden sie sich\b.{0,40}\ban (\w+ )?(kolleg|vertretung|stellvertret|zentrale"
    r"|sekretariat|[^ ]+@)"
    r"|\b(e-?mails?|mails?|nachrichten?|postfach)\b((?!\b(wurden?|noch)\b).){0,40}\bnicht"
    r" (regelmassig )?(gelesen|bearbeitet|beantwortet|abgerufen)"
    r"|\b(e-?mails?|messages?|mailbox|inbox)\b.{0,30}\b(will|is|are) not (be )?"
    r"(monitored|read|checked|answered)"
    r"|(a|des) mon retour|a mi (regreso|vuelta)|al mio (rientro|ritorno)"
    r"|na mijn terugkeer|po powrocie|no meu regresso|nar jag ar tillbaka"
    r"|assim que (eu )?(regressar|voltar)|v (nalehavych|urgentnich) pripadech"
    r"|po (mem )?navratu|(по|в) срочны[мх] (вопросам|случаях)|после возвращения"
    r"|acil (durum|konu)\w*|don(dug|us)um\w*"
    r"|surgos (esetben|ugyben)|in caz de urgenta|pentru (urgente|probleme urgente)"
    r"|u (hitnim|nujnih) (slucajevima|primerih)|za hitne slucajeve|v nujnih primerih"
    r"|για επειγοντα|σε επειγουσα|(у|за) (термінових|спешни) (справах|питаннях|случаи)"
    r"|(po|v) (navrate|surnych)|nar jag ar tillbaka|nar jeg er tilbake"
    r"|i hastetilfeller|ved hastesaker|במקרה דחוף|في الحالات (العاجلة|الطارئة)"
    r"|truong hop khan cap|keadaan mendesak|skubiais (atvejais|klausimais)"
    r"|급한 |긴급한? |복귀 ?(후|하는 대로)|돌아와서|[如若](有|遇)?([紧緊]急|急)"
    r"|(无法|不能)(及时)?(回复|处理)|[回返][^,。]{0,6}[后後]"
    r"|お急ぎの|緊急の(場合|際|ご)|(返信|対応)[がはも](できません|遅)|以降に(ご連絡|返信|対応)"
    r"|戻り次第|休暇明け"
)
# When the writer is back, or answers; whoever asks for something says so, too.
BACK = (
    r"\bwhen i('m| am)? (return|back)"
    r"|\b(i|and|i('ll)?|we) ((will|'ll) )?(be (back|returning)|return)\b"
    r"|\b(i|we) (will|'ll) (reply|respond|answer)\b.{0,40}"
    r"\b(after|when|as soon as|once)\b|bin ich wieder|wieder fur sie da"
)
# Who is back again, or speaks of another absence, has something to say.
OTHER_ABSENCE = (
    r"\b(aus dem|vom|nach dem|nach meinem|vor dem|vor meinem|zuruck aus"
    r"|back from|returned from|before my|after my|de retour de|avant mes|apres mes"
    r"|antes de|despues de|tornat\w da|rientrat\w da|terug van)( \w+)?"
    r" (\w*urlaub|vacation|holidays?|leave|conges|vacances|vacaciones|ferie|vakantie)"
)
# What stands above it: a greeting, thanks for the mail that it answers.
GREETING = (
    r"(hallo|hello|hi|dear|good (morning|day)|guten (tag|morgen)|moin|gru(ss|ß) gott"
    r"|sehr geehrte\w*|liebe\w*|bonjour|madame|monsieur|hola|buenos dias|estimad\w+"
    r"|buongiorno|gentile|salve|goedendag|geachte|beste|dzien dobry|hej|ola|bom dia"
    r"|dobry den|merhaba\w*|sayın|здравствуйте|добрый день"
    r"|здравейте|доброго дня|вітаю|postovan\w+|dobar dan|tisztelt|buna ziua|stimat\w+"
    r"|γεια σας|αγαπητ\w+|שלום|مرحبا|kinh gui|xin chao|selamat \w+|tere|laba diena"
    r"|sveiki|labdien)"
    r"\b[^.!?,:]{0,60}[.!,:]?\s+"
)
THANKS = (
    r"(thank(s| you)|(vielen |herzlichen |besten )?dank|danke|merci|(muchas )?gracias"
    r"|grazie|bedankt|dank u|dziekuj\w+|tack|tak|takk|obrigad\w)\b[^.!?]{0,100}[.!]\s+"
)
ASKS = (
    r"\b(please|bitte|s'il vous plait|svp|merci de|por favor|per favore|graag"
    r"|alstublieft|prosze|prosim|lutfen|пожалуйста"
    r"|could you|can you|konnen sie|konnten sie)\b"
)
# What follows it in the same sentence is no part of such a note.
BUT = (
    r", ?(but|however|aber|jedoch|mais|pero|ma|pero|maar|ale|avsak|mas|men|mutta|но|але"
    r"|dar|insa|ama|fakat|αλλα|ali|de|tetapi|nhưng|אבל|لكن|so|also|donc|dus)\b"
)
# What is no name below it.
TROUBLE = (
    r"\b(still|not|no|noch|nicht|keine?|defekt\w*|kaputt\w*|broken|work(s|ing)?|geht"
    r"|lauft|rien|pas|plus|marche|sigue|funciona|funziona|non|niet|werkt|kapot|panne"
    r"|drucker|printer)\b"
)
QUESTION = r"\?|すか(。|$)|でしょうか|吗|请(尽快|帮|安排|处理)|(して|て)いただけ"
# Short texts in these writings say more in fewer signs than `MAX_SHORT_NOTE` knows: all
# that stands in them must be that of a note.
NO_SPACES = r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]"
EAST_ENDS = r"[。.!,、;\n]"
EAST_POLITE = (
    r"(您好|你好|[谢謝]{2}|感[谢謝](您|来信|來信)?.{0,10}|抱歉|[带帶]?[来來]不便.{0,8}"
    r"|(敬)?[请請](谅解|諒解|[见見][谅諒])|祝好|此致|敬[礼禮]|收到.{0,8}(邮件|郵件|来信|來信)"
    r"|お世話になって.{0,8}|いつも.{0,12}|(ご)?連絡.{0,4}ありがとう.{0,8}|メール.{0,4}ありがとう.{0,8}"
    r"|ご(迷惑|不便).{0,12}|(何卒)?ご(了承|容赦|理解).{0,12}|(何卒)?(よろしく|宜しく).{0,12}"
    r"|申し?訳.{0,12}|恐れ入ります.{0,6}|誠に勝手ながら|本日は?"
    r"|안녕하(세요|십니까)|감사합니다|죄송합니다|양해.{0,12}|불편.{0,12})$"
)
# Who it is; nothing that could be the matter.
EAST_NAME = (
    r"(?!.*(故障|不良|エラー|停止|未|不|고장|문제|오류|불량))"
    r"(([^\u3040-\u309f]{0,8}の)?[^\u3040-\u309f]{1,8}(です|と申します)|.{1,12}입니다)$"
)
EAST_ASKS = (
    r"をお願い|願います|(して|て)(ほし|欲し)|までには?|주세요|주십시오|해야|바랍니다"
)
EAST_BACK = (
    r"(.{0,12}(本日|今日|本周|本週|这周|目前|现在|現在|[即]日起).{0,4}$"
    r"|.{0,8}(回来|回來|返回|回到|恢复|恢復|复工|上班)(后|後|之后|之後)?"
    r"(尽快|儘快|再|会|會|第一时间)*(回复|回覆|答复|答覆|处理|處理|联系|聯繫|与您联系)?(您|你)?$"
    r"|.{0,10}(返信|ご?連絡|対応|回答)(いた|致)?します$)"
)
# Where the writer's own words end: a quotation, a rule, the head of another mail.
HISTORY = re.compile(
    r"\s*(>|-{3,}|_{3,}|\*{3,}|(from|von|de|da|van|od)\s*:|.{0,200}\d.{0,200}:\s*$)"
)
# What may stand below a short one.
CLOSING = (
    r"((mit )?(freundlich\w+|viele\w*|beste\w*|liebe\w*|herzlich\w+|schone\w*) "
    r"gru(ss|ß)\w*|gru(ss|ß)\w*|mfg|(kind(est)?|best|warm) (regards|wishes)|regards"
    r"|best|cheers|(bien )?cordialement|salutations|(un )?(cordial )?saludos?"
    r"|(cordiali|distinti) saluti|saluti|met vriendelijke groet\w*|groet\w*"
    r"|pozdraw\w+|z powazaniem|(com os melhores )?cumprimentos|thank(s| you)|danke"
    r"|(vielen )?dank|merci|gracias|grazie)\b"
)
MAX_LOOK, MAX_NOTE, MAX_SHORT_NOTE, MAX_NAME = 8000, 1500, 160, 30
MAX_SHORT_EAST, MAX_PART = 90, 24


def is_absence_note(text):
    """Return whether an answer only says that its author is away (E07).

    Many programs do not mark the notes that they send. A person who is away and wants
    something writes more; a text that only says until when, or whom to contact instead,
    is such a note.

    :param str text: of the mail
    :rtype: bool
    """
    lines = (text or "")[:MAX_LOOK].splitlines()
    own = itertools.takewhile(lambda line: not HISTORY.match(plain_text(line)), lines)
    plain = plain_text(" ".join(own))
    for opening in (_GREETING, _THANKS):
        if found := opening.match(plain):
            plain = plain[found.end() :]
    if len(plain) > MAX_NOTE or _QUESTION.search(plain) or not _AWAY.match(plain):
        return False
    if _OTHER_ABSENCE.search(plain) or not _UNTIL.search(plain):
        return False
    if _NO_SPACES.search(plain):
        return bool(_MEANWHILE.search(plain)) or _is_short_in_east(plain)
    if _MEANWHILE.search(plain):
        return True
    if _ASKS.search(plain) or _BUT.search(plain):
        return False
    if _BACK.search(plain):
        return True
    return len(plain) <= MAX_SHORT_NOTE and not _says_more(plain)


def _is_short_in_east(plain):
    """Tell whether each part of a short text in Chinese, Japanese or Korean is one of
    an absence note: that somebody is away, until when, or mere politeness."""
    if len(plain) > MAX_SHORT_EAST or _EAST_ASKS.search(plain):
        return False
    parts = [part.strip() for part in _EAST_ENDS.split(plain) if part.strip()]
    while parts and (_EAST_POLITE.match(parts[0]) or _EAST_NAME.match(parts[0])):
        parts = parts[1:]
    return all(
        _EAST_POLITE.match(part)
        or _EAST_BACK.match(part)
        or (len(part) <= MAX_PART and (_AWAY.match(part) or _UNTIL.search(part)))
        for part in parts
    )


def _says_more(plain):
    """Return whether a short text continues after its first sentence with more than a
    closing phrase, a name, or the statement that its author is away."""
    _first, _stop, rest = _SENTENCE_END.sub("\n", plain, count=1).partition("\n")
    if _CLOSING.match(rest):
        return False
    if len(rest) <= MAX_NAME:
        return bool(_TROUBLE.search(rest))
    return not (_AWAY.match(rest) or _UNTIL.search(rest))


# in its first sentence; a date has dots, too
_AWAY = compile_plain(rf"(?:[^.!?]|(?<=\d)\.){{0,40}}\b(?:{either(AWAY.values())})")
_UNTIL = compile_plain(UNTIL)
_MEANWHILE = compile_plain(MEANWHILE)
_BACK = compile_plain(BACK)
_TROUBLE = compile_plain(TROUBLE)
_OTHER_ABSENCE = compile_plain(OTHER_ABSENCE)
_GREETING = compile_plain(GREETING)
_THANKS = compile_plain(THANKS)
_ASKS = compile_plain(ASKS)
_BUT = compile_plain(BUT)
_QUESTION = compile_plain(QUESTION)
_NO_SPACES = re.compile(NO_SPACES)
_EAST_ENDS = compile_plain(EAST_ENDS)
_EAST_POLITE = compile_plain(EAST_POLITE)
_EAST_NAME = compile_plain(EAST_NAME)
_EAST_ASKS = compile_plain(EAST_ASKS)
_EAST_BACK = compile_plain(EAST_BACK)
_CLOSING = compile_plain(CLOSING)
_SENTENCE_END = re.compile(r"(?<!\d)[.!]\s+|(?<=\d\d\d\d)\.\s+")
