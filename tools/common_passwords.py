"""Makes the package's list of common passwords: words that are chosen most, with what people put behind them.

``python -m tools.common_passwords`` in the root of the project. It is our own: known habits, no list of anybody's.
"""

from __future__ import annotations

import collections.abc as cabc
import unicodedata
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "consentkit" / "operations" / "common_passwords.txt"
SHORTEST, LONGEST = 12, 40

_WORDS = """
password passw0rd p@ssword p@ssw0rd pa$$word pa$$w0rd passwort motdepasse contraseña parola parol admin administrator
adm1n root superuser user username login guest test tester testing demo default changeme changeit letmein welcome
welc0me secret geheim access master qwerty qwertyui qwertyuiop qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm
1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qaz2wsx3edc qazwsx qazwsxedc zaq12wsx abc abcd abcdef
abcdefgh abc123 abcd1234 iloveyou loveyou lovely sunshine princess football baseball basketball superman batman
spiderman pokemon
starwars dragon monkey shadow michael jennifer jessica michelle charlie jordan hunter killer soccer hockey
liverpool chelsea arsenal barcelona realmadrid
juventus internet computer samsung iphone google facebook instagram microsoft windows
android minecraft whatever trustno1 freedom blink182 hello helloworld flower cookie cookies banana summer winter spring
autumn january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday editor auditor officer owner news newsroom newspaper journal consent consentkit privacy
kazakhstan qazaqstan almaty astana shymkent karaganda russia moscow london newyork privet lubov lyubov natasha marina
svetlana ekaterina aleksandr vladimir dmitriy aigerim nursultan
пароль парольпароль привет йцукен йцукенг йцукенгшщзхъ фывапр
фывапролджэ ячсмить админ администратор любовь солнышко солнце наташа александр максимка марина спартак зенит динамо
казахстан москва астана алматы қазақстан құпиясөз құпия сәлем алматым көктем كلمةالسر كلمةالمرور مرحبا
"""

_ENDINGS = (
    *("1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789"),
    *("!", "!!", "!!!", "1!", "12!", "123!", "1234!", "12345!", "@1", "@12", "@123", "@1234", "@12345", "#1", "#123"),
    *("0", "00", "000", "007", "01", "11", "111", "1111", "22", "69", "77", "777", "88", "99", "321", "4321", "54321"),
    *("654321", "987654321", "abc", "abc123", "qwerty", "asdf", "admin", "password", "pass", "login", "_123", "-123"),
    *("forever", "please", "again", "new", "new1", "new123", "one", "me", "home", "work", "site", "2", "3", "4", "5"),
)
_YEARS = tuple(str(year) for year in range(1980, 2036))

_WHOLE = """
passwordpassword mypassword mypassword1 mypassword123 thisismypassword thisisapassword thepassword newpassword
newpassword1 newpassword123 yourpassword onepassword password1234 letmeinplease iloveyouforever iloveyousomuch
iloveyou3000 correcthorsebatterystaple tobeornottobe maytheforcebewithyou opensesame opensesame123 trustno1trustno1
whateverwhatever qwertyqwerty qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm asdfghjklzxcvbnm zxcvbnmasdfghjkl
qwerty123456 qwerty12345678 qwerty123456789 1qaz2wsx3edc4rfv 1qazxsw23edc qazwsxedcrfv qazwsxedcrfvtgb
1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6 q1w2e3r4t5y6u7i8 a1b2c3d4e5f6 a1s2d3f4g5h6 zaq12wsxcde3
zaq1xsw2cde3 abcdefghijkl abcdefghijklm abcdefghijklmn abcdefghijklmno abcdefghijklmnop
abcdefghijklmnopqrstuvwxyz 123456789abc 1234567890abc 123456abcdef 123456qwerty 123456789qwerty 12345qwerty1
1234567890qwerty 1234567890-= !@#$%^&*()_+ 1q2w3e4r5t6y йцукенгшщзхъфывапролджэ 1й2ц3у4к5е6н
1й2ц3у4к5е йцукен123456 йцукен12345 йцукен1234567 qwertyйцукен парольпароль пароль123456 мойпароль123
ятебялюблю ятебялюблю1 ялюблютебя123 ilovekazakhstan administrator1 superadmin123 adminadminadmin
adminadmin12 adminadmin123 rootroot1234 testtesttest testtest1234 useruser1234 changemenow1 pleasechangeme
changeme1234 defaultpassword temporary123 temporarypassword temppassword initialpassword verysecret123
verysecretpassword topsecret123 nopassword123 idontknow123 idontremember iforgotmypassword
"""


def passwords() -> cabc.Iterator[str]:
    """Yield them, in the form in which they are looked up, in no order and some several times."""
    yield from _WHOLE.split()
    for word in _WORDS.split():
        yield word
        yield word * 2
        yield word * 3
        for ending in (*_ENDINGS, *_YEARS, *(f"{year}!" for year in _YEARS)):
            yield word + ending
        for begin in ("123", "1234", "12345", "123456", "my", "the"):
            yield begin + word
    for digits in ("1234567890", "0123456789", "0987654321", "9876543210", "123", "1234", "12345", "123456", "112233"):
        for length in range(SHORTEST, 21):
            yield (digits * 20)[:length]
    for char in "abcdefghijklmnopqrstuvwxyz0123456789*.-!?#":
        for length in range(SHORTEST, 21):
            yield char * length
    for pair in ("ab", "12", "qw", "as", "10", "01", "aa1", "abc", "qwe", "asd", "zxc", "1a", "a1"):
        for length in range(SHORTEST, 21):
            yield (pair * 20)[:length]


def text() -> str:
    """Return the file."""
    looked_up = {unicodedata.normalize("NFKC", one).casefold() for one in passwords()}
    lines = sorted(one for one in looked_up if SHORTEST <= len(one) <= LONGEST)
    head = (
        "# Passwords of at least 12 characters that are tried first, folded, without spaces.",
        "# Made by tools/common_passwords.py, our own, under the package's licence: nobody's list went into it.",
    )
    return "\n".join((*head, *lines)) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), "utf-8")
