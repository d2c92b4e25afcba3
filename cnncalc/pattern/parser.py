"""Tokens to a syntax tree, by recursive descent. The docstring of each method is its rule of the grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cnncalc.maths.volume import Dims, Factors, Sides, Words
from cnncalc.pattern import codes
from cnncalc.pattern.lexer import Token, meaningless, tokens
from cnncalc.pattern.syntax import (
    Argument,
    Atom,
    Binary,
    Block,
    Branches,
    Call,
    Group,
    Int,
    LayerAtom,
    Literal,
    Name,
    Negative,
    Output,
    Reference,
    Step,
    Value,
)
from cnncalc.text.diagnostic import Code, Diagnostic, SpecError
from cnncalc.text.source import Excerpt, Source, Span
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnncalc.pattern.vocabulary import Vocabulary

DEEPEST = 60  # nested brackets; deeper ones are an attack: Python's own stack ends at about 1000 calls
MOST_OPERATORS = 200  # in one value
_PARTNER = {"[": "]", "(": ")", "{": "}"}
_SEPARATORS = {"arrow", "-", ","}
_HYPHENATED = {"soft-max", "max-pool"}  # as Simonyan and Zisserman 2014, Table 1, writes the softmax
_EMPTY: frozenset[str] = frozenset()


def parse_pattern(text: Source | Excerpt, vocabulary: Vocabulary, blocks: Collection[str] = _EMPTY) -> tuple[Step, ...]:
    """Return the steps of a pattern. Raises SpecError with all unknown kinds and the first breach of the grammar."""
    parser = _Parser(text, vocabulary, blocks)
    try:
        steps = parser.chain()
        parser.finish()
    except SpecError as error:
        raise SpecError([*parser.unknown, *error.diagnostics]) from None
    if parser.unknown:
        raise SpecError(parser.unknown)
    return tuple(steps)


def parse_value(text: Source | Excerpt, vocabulary: Vocabulary) -> Value:
    """Return the value of an option or variable in a text of its own, as in YAML."""
    parser = _Parser(text, vocabulary, ())
    value = parser.value()
    parser.finish("a single value")
    return value


def parse_header(text: Source | Excerpt, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...], Span]:
    """Return name, parameters and span of a block's key, `STAGE(C, N, S)`."""
    parser = _Parser(text, vocabulary, ())
    name = parser.take("name", "the name of a block")
    parameters: list[str] = []
    if parser.at("("):
        parser.advance()
        while not parser.at(")"):
            parameters.append(parser.parameter(parameters))
            if not parser.at(")"):
                parser.take(",", "`,` or `)`")
        parser.advance()
    parser.finish("the end of the block's name")
    if vocabulary.split(name.text):
        parser.fail(
            f"`{name.text}` is a layer kind and cannot name a block",
            name,
            hints=("choose another name",),
            code=codes.DUPLICATE_NAME,
        )
    return name.text, tuple(parameters), parser.span(name.start, name.end)


def parse_block(
    header: tuple[str, tuple[str, ...], Span], body: Source | Excerpt, vocabulary: Vocabulary, blocks: Collection[str]
) -> Block:
    """Return a block from its parsed header and its body."""
    name, parameters, span = header
    return Block(name, parameters, parse_pattern(body, vocabulary, blocks), span)


def is_pattern(text: str, vocabulary: Vocabulary) -> bool:
    """Return whether a text can be read as a pattern without blocks."""
    try:
        parse_pattern(Source("", text), vocabulary)
    except SpecError:
        return False
    return True


class _Parser:
    def __init__(self, text: Source | Excerpt, vocabulary: Vocabulary, blocks: Collection[str]) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.blocks = blocks
        self.tokens = tokens(text, strange=True)
        self.index = 0
        self.open: list[Token] = []
        self.operators = 0
        self.unknown: list[Diagnostic] = []
        """Unknown kinds and blocks: reading goes on after them."""

    # tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def at(self, *types: str) -> bool:
        return self.token.type in types

    def advance(self) -> Token:
        token = self.token
        self.index += token.type != "end"
        return token

    def take(self, kind: str, wanted: str) -> Token:
        if not self.at(kind):
            self.expected(wanted)
        return self.advance()

    def span(self, start: int, end: int | None = None) -> Span:
        return Span(self.text, start, self.tokens[self.index - 1].end if end is None else end)

    def finish(self, wanted: str = "`->` or the end of the pattern") -> None:
        if not self.at("end"):
            self.expected(wanted)

    def fail(
        self, message: str, token: Token, *, label: str = "", hints: tuple[str, ...] = (), code: Code = codes.SYNTAX
    ) -> NoReturn:
        raise SpecError([Diagnostic(code, "error", message, self.span(token.start, token.end), label, (), hints)])

    def expected(self, wanted: str) -> NoReturn:
        token = self.token
        if token.type == "strange":
            raise meaningless(self.text, token.start)
        if token.type == "end" and self.open:
            opener = self.open[-1]
            self.fail(f"`{opener.text}` is never closed", opener, label=f"needs its `{_PARTNER[opener.type]}`", code=codes.UNCLOSED)
        if token.type in "])}" and self.open and token.type != _PARTNER[self.open[-1].type]:
            opener = self.open[-1]
            self.fail(
                f"`{opener.text}` is closed by `{token.text}`",
                opener,
                label=f"needs its `{_PARTNER[opener.type]}`",
                code=codes.UNCLOSED,
            )
        from cnncalc.pattern import traps  # only needed for errors

        found = "the end" if token.type == "end" else f"`{token.text}`"
        hints = traps.hints(self.text.text, self.tokens, self.index, self.vocabulary)
        self.fail(f"expected {wanted}, found {found}", token, label=f"expected {wanted}", hints=hints)

    def check_outside(self, before: Step) -> None:
        """Refuse options behind a layer without parentheses: `CONV3-16/2, padding=1`."""
        atom, key = before.atom, self.token
        if not (isinstance(atom, LayerAtom) and key.type == "name" and self.peek().type == "="):
            return
        value = self.peek(2)
        is_step = value.type not in {"name", "int", "decimal", "dims", "sides"} or self.vocabulary.split(value.text)
        if not is_step and value.text not in self.blocks and self.vocabulary.option(atom.kind, key.text):
            from cnncalc.pattern import traps

            meant = traps.outside(self.text.text, atom.span.words(), key.start)
            self.fail("the options of a layer stand in parentheses", key, label="an option", hints=(f"write `{meant}`",))

    def enter(self) -> Token:
        """Take an opening bracket."""
        if len(self.open) >= DEEPEST:
            self.fail(f"brackets are nested more than {DEEPEST} deep", self.token, code=codes.TOO_DEEP)
        self.open.append(self.token)
        return self.advance()

    def leave(self, wanted: str) -> None:
        """Take the partner of the last opening bracket."""
        if not self.at(_PARTNER[self.open[-1].type]):
            self.expected(wanted)
        self.open.pop()
        self.advance()

    # chains

    def chain(self) -> list[Step]:
        """chain = step { ("->" | "-" | ",") step }."""
        steps = [self.step()]
        while self.at(*_SEPARATORS):
            if self.advance().type == ",":
                self.check_outside(steps[-1])
            steps.append(self.step())
            self.check_merge(steps[-2], steps[-1])
        last = steps[-1].atom
        if isinstance(last, Branches) and self.going_on(last) > 1:
            self.unmerged(last)
        return steps

    def check_merge(self, step: Step, following: Step) -> None:
        """Refuse branches without a merge."""
        if not isinstance(step.atom, Branches) or self.going_on(step.atom) == 1:
            return
        atom = following.atom
        merges = (
            isinstance(atom, LayerAtom)
            and (not atom.kind or atom.sources is not None or self.vocabulary.merges(atom.kind))
            and following.count is None
            and not following.optional
        )
        if not merges:
            self.unmerged(step.atom)

    def going_on(self, branches: Branches) -> int:
        """Return how many branches do not end in an output of their own."""
        return sum(not (chain and isinstance(chain[-1].atom, Output)) for chain in branches.chains)

    def unmerged(self, branches: Branches) -> NoReturn:
        end = branches.span.end
        raise SpecError(
            [
                Diagnostic(
                    codes.MERGE,
                    "error",
                    "branches must be followed directly by a merge, such as ADD, CONCAT or MUL",
                    self.span(end - 1, end),
                    "joined by what?",
                    (),
                    ("`} -> ADD` or `} -> CONCAT`",),
                )
            ]
        )

    def step(self) -> Step:
        """step = [ NAME "=" ] atom { "*" count | "?" }."""
        start = self.token.start
        name, name_span = "", None
        if self.at("name") and self.peek().type == "=":
            name, name_span = self.step_name()
        atom = self.atom()
        step = Step(atom, self.span(start), name, name_span)
        while self.at("*", "^", "?"):
            if step.count is not None or step.optional:
                self.fail("a step takes one `*` or `?`", self.token, hints=("put the step in brackets: `[CONV?]*3`",))
            if isinstance(atom, Branches):
                self.fail(
                    "branches cannot be repeated without their merge",
                    self.token,
                    hints=("put them in brackets with their merge: `[{ a | b } -> ADD]*2`",),
                )
            if self.advance().type == "?":
                step.optional = True
            else:
                step.count = self.count()
        step.span = self.span(start)
        return step

    def step_name(self) -> tuple[str, Span]:
        token = self.advance()
        self.advance()
        if self.vocabulary.split(token.text):
            self.fail(
                f"`{token.text}` is a layer kind and cannot name a step",
                token,
                hints=("choose another name",),
                code=codes.DUPLICATE_NAME,
            )
        return token.text, self.span(token.start, token.end)

    def count(self) -> Value:
        """Return the count: INT | NAME | "(" expression ")"."""
        token = self.token
        self.operators = 0
        if token.type == "int":
            self.advance()
            return Int(int(token.text), self.span(token.start, token.end))
        if token.type == "name":
            self.advance()
            return Name(token.text, self.span(token.start, token.end))
        if token.type == "(":
            return self.parenthesis()
        self.expected("a count: an integer, a variable or (expression)")
        return None

    def atom(self) -> Atom:
        """atom = layer | block | "[" chain "]" | "(" chain ")" | "{" chain { "|" chain } "}"."""
        if self.at("[", "("):
            return self.group()
        if self.at("{"):
            return self.branches()
        if not self.at("name"):
            self.expected("a layer")
        split = self.vocabulary.split(self.token.text)
        if split:
            return self.layer(*split)
        if self.token.text == "OUTPUT":
            return self.output()
        if self.token.text in self.blocks:
            return self.call()
        added = self.vocabulary.added(self.token.text)
        if added:
            return self.layer(*added)
        small = self.small_letters()
        return self.layer(*small, small=True) if small else self.unread()

    def small_letters(self) -> tuple[str, str] | None:
        """Return kind and size of a layer as the tables of papers print it: `conv3-64`, `maxpool`, `soft-max`.

        With options in parentheses, such a word is one of another framework, whose options differ: `maxpool(3, stride=2)`.
        """
        token, sign, rest = (self.peek(ahead) for ahead in range(3))
        word = f"{token.text}{sign.text}{rest.text}"
        if word in _HYPHENATED and (token.end, sign.end) == (sign.start, rest.start):
            self.tokens[self.index : self.index + 3] = [Token("name", word.replace("-", ""), token.start, rest.end)]
        ahead = 1
        while self.peek(ahead).type in {"-", "/"} and self.peek(ahead + 1).type in {"int", "dims"}:
            ahead += 2
        return None if self.peek(ahead).type == "(" else self.vocabulary.small(self.token.text)

    def group(self) -> Group:
        """group = "[" chain "]" | "(" chain ")"."""
        opener = self.enter()
        if self.at(_PARTNER[opener.type]):
            self.fail("the group is empty", opener, label="no step inside")
        steps = self.chain()
        self.leave(f"`->` or `{_PARTNER[opener.type]}`")
        return Group(tuple(steps), self.span(opener.start))

    def branches(self) -> Branches:
        """branches = "{" [ chain ] { "|" [ chain ] } "}"."""
        opener = self.enter()
        chains = [self.branch()]
        while self.at("|"):
            self.advance()
            chains.append(self.branch())
        self.leave("`->`, `|` or `}`")
        if len(chains) == 1:
            self.fail(
                "there is only one branch",
                opener,
                label="branches are separated by `|`",
                hints=("an empty branch is the identity: `{ a | } -> ADD`",),
                code=codes.MERGE,
            )
        return Branches(tuple(chains), self.span(opener.start))

    def branch(self) -> tuple[Step, ...]:
        return () if self.at("|", "}") else tuple(self.chain())

    def output(self) -> Output:
        """output = "OUTPUT" [ "(" NAME ")" ]."""
        start = self.advance().start
        name = ""
        if self.at("("):
            self.enter()
            name = self.take("name", "the name of the output").text
            self.leave("`)`")
        return Output(name, self.span(start))

    def unread(self) -> LayerAtom:
        """Report a name that is neither a kind nor a block, and skip its short forms and options."""
        first = token = self.advance()
        while self.at("strange") and self.token.text == "." and self.peek().type == "name":  # nn.Linear
            self.advance()
            token = self.advance()
        span = self.span(first.start)
        forms = {"-": "", "/": ""}
        for sign in forms:
            if self.at(sign) and (sign == "/" or self.filters_follow()):
                start = self.advance().end
                self.short_value()
                forms[sign] = self.span(start).words().strip()
        inside = ""
        try:
            inside = self.skipped()
        finally:
            self.unknown.append(self.unknown_kind(token.text, span, forms["-"], forms["/"], inside))
        if not self.at("end", "|", "?", "*", "^", *_SEPARATORS, *_PARTNER.values()):
            raise SpecError([])  # this is not a pattern at all
        return LayerAtom("", span)

    def skipped(self) -> str:
        """Skip options in parentheses, whatever they are, and return their text."""
        if self.at("("):
            start = self.token.end
            depth = len(self.open)
            self.enter()
            while len(self.open) > depth:
                if self.at(*_PARTNER):
                    self.enter()
                elif self.at("end", *_PARTNER.values()):
                    self.leave("`)`")
                else:
                    self.advance()
            return self.span(start).words()[:-1]
        return ""

    def unknown_kind(self, name: str, span: Span, filters: str, stride: str, inside: str) -> Diagnostic:
        """Return the error for a name that is neither a kind nor a block: the step in our words, or the nearest name."""
        from cnncalc.pattern.foreign import hints, written_call

        call = written_call(name, filters, stride, inside)
        found = () if self.is_near_block(name) else hints(call, self.vocabulary, self.reads)
        found = found or did_you_mean(name, [*self.blocks, *self.vocabulary.kinds()]) or _sized(name, self.vocabulary)
        message = f"unknown layer kind or block `{span.words()}`"
        return Diagnostic(codes.UNKNOWN_KIND, "error", message, span, "not known", (), found)

    def reads(self, text: str) -> bool:
        """Return whether a text is a pattern."""
        return is_pattern(text, self.vocabulary)

    def is_near_block(self, name: str) -> bool:
        """Return whether a block has the name in other letters."""
        return name.casefold() in {each.casefold() for each in self.blocks}

    def call(self) -> Call:
        """block = NAME [ "(" value { "," value } ")" ]."""
        token = self.advance()
        arguments: list[Value] = []
        if self.at("("):
            self.enter()
            while not self.at(")"):
                self.operators = 0
                arguments.append(self.value())
                if not self.at(")"):
                    self.take(",", "`,` or `)`")
            self.leave("`)`")
        return Call(token.text, tuple(arguments), self.span(token.start))

    def parameter(self, earlier: list[str]) -> str:
        token = self.take("name", "a parameter")
        if self.vocabulary.split(token.text):
            self.fail(
                f"`{token.text}` is a layer kind and cannot name a parameter",
                token,
                hints=("choose another name",),
                code=codes.DUPLICATE_NAME,
            )
        if token.text in earlier:
            self.fail(f"the parameter `{token.text}` is given twice", token, code=codes.DUPLICATE_NAME)
        return token.text

    # layers

    def layer(self, kind: str, size: str, *, small: bool = False) -> LayerAtom:
        """layer = KIND [ size ] [ "-" filters ] [ "/" stride ] [ "(" option { "," option } ")" ]; `small`: in small letters."""
        token = self.advance()
        atom = LayerAtom(kind, self.span(token.start, token.end))
        short = self.vocabulary.short(kind)
        if size:
            at = token.end - len(size)
            self.check_short(short.size, kind, "size", token._replace(start=at))
            atom.size = self.sized(size, at, token.end)
        if self.at("-") and short.filters and self.filters_follow() and not (small and self.vocabulary.small(self.peek().text)):
            self.advance()
            atom.filters = self.short_value()
        if self.at("/"):
            self.check_short(short.stride, kind, "stride", self.token)
            self.advance()
            atom.stride = self.short_value()
        if self.at("("):
            self.options(atom)
        elif self.at("[") and kind == "INPUT":
            self.input_size(atom)
        atom.span = self.span(token.start)
        return atom

    def check_short(self, option: str, kind: str, what: str, token: Token) -> None:
        if not option:
            options = self.vocabulary.options(kind)
            hints = (f"{kind} takes {', '.join(options)}",) if options else (f"{kind} takes no options",)
            if what == "size" and self.vocabulary.short(kind).filters:
                hints = (f"write `{kind}-{token.text[len(kind) :]}`",)
            self.fail(f"{kind} takes no {what}", token, label=f"no {what} here", hints=hints)

    def sized(self, text: str, start: int, end: int) -> Value:
        """size = DIGITS { "x" DIGITS }."""
        span = self.span(start, end)
        numbers = text.split("x")
        if max(len(number) for number in numbers) > 18:
            raise SpecError(
                [Diagnostic(codes.SYNTAX, "error", "a number may have at most 18 digits", span, label=f"{len(text)} characters")]
            )
        sizes = tuple(int(number) for number in numbers)
        return Int(sizes[0], span) if len(sizes) == 1 else Literal(Dims(sizes), span)

    def filters_follow(self) -> bool:
        """Return whether the "-" belongs to the layer: a number, a variable, or an expression without kinds follows."""
        after = self.peek()
        if after.type in {"int", "decimal", "dims"}:
            return True
        if after.type == "name":
            return (
                not self.vocabulary.split(after.text)
                and after.text not in self.blocks
                and after.text != "OUTPUT"
                and self.peek(2).type != "="
            )
        return after.type == "(" and not self.steps_inside(self.index + 1)

    def steps_inside(self, index: int) -> bool:
        """Return whether the parenthesis that opens at a token contains steps rather than an expression."""
        depth = 0
        for token in self.tokens[index:]:
            depth += (token.type == "(") - (token.type == ")")
            if depth == 0:
                return False
            if token.type in "[{" or token.type == "arrow":
                return True
            if token.type == "name" and (self.vocabulary.split(token.text) or token.text in self.blocks):
                return True
        return False

    def short_value(self) -> Value:
        """Return filters or stride: INT | DIMS | NAME | "(" expression ")"."""
        token = self.token
        self.operators = 0
        if token.type == "(":
            return self.parenthesis()
        if token.type in {"int", "dims", "decimal", "name"}:
            return self.primary()
        self.expected("a number, a variable or (expression)")
        return None

    def input_size(self, atom: LayerAtom) -> None:
        """Read the size of an inline pattern's input: INPUT "[" DIMS "]"."""
        self.enter()
        value = self.value()
        self.leave("`]`")
        atom.options.append(Argument("shape", value.span, value))

    def options(self, atom: LayerAtom) -> None:
        """options = "(" option { "," option } ")"."""
        self.enter()
        while not self.at(")"):
            self.option(atom)
            if not self.at(")"):
                self.take(",", "`,` or `)`")
        self.leave("`,` or `)`")

    def option(self, atom: LayerAtom) -> None:
        """option = NAME "=" value | value; a bare value is the first option, or if it is a name a step for a merge to join."""
        self.operators = 0
        if self.at("name") and self.peek().type == "=":
            key = self.advance()
            self.advance()
            if key.text == "from":
                atom.sources = [*(atom.sources or []), self.reference()]
                return
            value = self.shared() if key.text in {"share", "like"} else self.option_value()
            atom.options.append(Argument(key.text, self.span(key.start, key.end), value))
        elif self.vocabulary.merges(atom.kind) and (self.at("name") or not self.vocabulary.short(atom.kind).first):
            reference = self.reference()
            atom.options.append(Argument("", reference.span, Name(reference.path, reference.span)))
        else:
            value = self.option_value()
            atom.options.append(Argument("", value.span, value))

    def option_value(self) -> Value:
        """option value = value | "[" WORD { "," WORD } "]"."""
        if not self.at("["):
            return self.value()
        start = self.advance().start
        words = [self.take("name", "a word").text]
        while self.at(","):
            self.advance()
            words.append(self.take("name", "a word").text)
        self.take("]", "`,` or `]`")
        return Literal(Words(tuple(words)), self.span(start))

    def reference(self) -> Reference:
        """reference = NAME { "/" NAME } [ "*" ]; the star refers to all steps of that name so far."""
        start = self.take("name", "the name of a step").start
        while self.at("/"):
            self.advance()
            self.take("name", "the name of a step")
        if self.at("*"):
            self.advance()
        span = self.span(start)
        return Reference("".join(span.words().split()), span)

    def shared(self) -> Name:
        """Return the reference behind `share=` or `like=`, which may be a path."""
        reference = self.reference()
        return Name(reference.path, reference.span)

    # values

    def value(self) -> Value:
        """value = term { ("+" | "-") term }."""
        start = self.token.start
        left = self.term()
        while self.at("+", "-"):
            operator = self.operator()
            right = self.term()
            left = Binary(operator, left, right, self.span(start))
        return left

    def term(self) -> Value:
        """term = factor { ("*" | "/") factor }."""
        start = self.token.start
        left = self.factor()
        while self.at("*", "/"):
            operator = self.operator()
            right = self.factor()
            left = Binary(operator, left, right, self.span(start))
        return left

    def operator(self) -> str:
        """Take an operator; a tree of operators must not grow deeper than Python's stack."""
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            self.fail(f"more than {MOST_OPERATORS} operators in one value", self.token, code=codes.TOO_DEEP)
        return self.advance().text

    def factor(self) -> Value:
        """factor = "-" factor | "(" value ")" | INT | DECIMAL | DIMS | SIDES | NAME."""
        signs = 0
        start = self.token.start
        while self.at("-"):
            self.advance()
            signs += 1
        inner = self.parenthesis() if self.at("(") else self.primary()
        if signs % 2 == 0:
            return inner
        if isinstance(inner, Name) and inner.name == "inf":
            return Literal(float("-inf"), self.span(start))
        if isinstance(inner, Literal) and isinstance(inner.value, float):
            return Literal(-inner.value, self.span(start))
        return Negative(inner, self.span(start))

    def parenthesis(self) -> Value:
        """Return the expression in parentheses."""
        self.enter()
        value = self.value()
        self.leave("`)`")
        return value

    def primary(self) -> Value:
        """primary = INT | DECIMAL | DIMS | FACTORS | SIDES | "true" | "false" | NAME."""
        token = self.token
        if token.type not in {"int", "decimal", "dims", "factors", "sides", "name"}:
            self.expected("a value")
        self.advance()
        span = self.span(token.start, token.end)
        if token.type == "int":
            return Int(int(token.text), span)
        if token.type == "decimal":
            return Literal(float(token.text), span)
        if token.type == "dims":
            return Literal(Dims(tuple(map(int, token.text.split("x")))), span)
        if token.type == "factors":
            return Literal(Factors(tuple(map(float, token.text.split("x")))), span)
        if token.type == "sides":
            return Literal(Sides(tuple(self.pair(part, token) for part in token.text.split("x"))), span)
        if token.text in {"true", "false"}:
            return Literal(token.text == "true", span)
        return Name(token.text, span)

    def pair(self, text: str, token: Token) -> tuple[int, int]:
        """pair = INT [ ":" INT ]: before and after along one axis."""
        numbers = text.split(":")
        if len(numbers) > 2:
            paired = "x".join(":".join(numbers[at : at + 2]) for at in range(0, len(numbers), 2))
            hints = (
                (f"two axes are written `{paired}`",) if len(numbers) == 4 else ("one axis is written `1:2`, two axes `1:2x3:4`",)
            )
            self.fail(f"`{text}` has {len(numbers)} numbers for one axis, which has two sides", token, hints=hints)
        return int(numbers[0]), int(numbers[-1])


def _sized(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint for a kind in lower case, or misspelt before its size."""
    head = word.rstrip("0123456789x")
    return did_you_mean(head, vocabulary.kinds())
