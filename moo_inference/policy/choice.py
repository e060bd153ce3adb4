"""What a policy chooses, and how one query is answered with it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moo_inference.errors import SettingError

if TYPE_CHECKING:
    from moo_inference.policy.passes import AnswerOf, QueryRun, Verify


@dataclass(frozen=True)
class Choice:
    """What a policy chooses.

    Attributes:
        model: id of the model.
        k: passes.
        cost: USD per query, the mean.
        time: seconds per query, the mean.
        accuracy: of the kept answer, the mean.
        used: further resources by unit, means per query.
        stop: when passes end before the k-th, as `Stop` writes it; None where all k run.
        parallel: passes at the same time; None where the policy does not contain it.
        keep: which pass counts: `oracle`, `verifier`, `majority` or `all`; None where the policy does not contain it.
    """

    model: str
    k: int
    cost: float
    time: float
    accuracy: float
    used: Mapping[str, float]
    stop: str | None = None
    parallel: int | None = None
    keep: str | None = None

    def run(
        self,
        ask: Callable[[str, int], Sequence[Any]],
        *,
        verify: "Verify | None" = None,
        answer_of: "AnswerOf | None" = None,
        parallel: int | None = None,
    ) -> "QueryRun":
        """Answer one query with this choice: at most k passes, P at a time, until its policy says they are enough.

        Both functions may be given, whatever is chosen: that which `keep` needs is used.

        Args:
            ask: called with the id of the model and a number of passes, makes them at the same time, and returns one
                entry for each; see `run_passes`.
            verify: the score of a pass.
            answer_of: the answer of a pass.
            parallel: P in place of that of the choice. Where there is neither, all k run at the same time.

        Raises:
            SettingError: (a ValueError) see `run_passes`; or all passes have to be right, which keeps none.
        """
        from moo_inference.policy.passes import run_passes  # noqa: PLC0415 (a choice alone does not need it)

        options = self._running(verify, answer_of, parallel)
        return run_passes(lambda passes: ask(self.model, passes), self.k, **options)

    async def run_async(
        self,
        ask: Callable[[str, int], Awaitable[Sequence[Any]]],
        *,
        verify: "Verify | None" = None,
        answer_of: "AnswerOf | None" = None,
        parallel: int | None = None,
    ) -> "QueryRun":
        """See `run`; `ask` is awaited.

        Args:
            ask: a coroutine function.
            verify: the score of a pass.
            answer_of: the answer of a pass.
            parallel: P in place of that of the choice.
        """
        from moo_inference.policy.passes import run_passes_async  # noqa: PLC0415

        options = self._running(verify, answer_of, parallel)
        return await run_passes_async(lambda passes: ask(self.model, passes), self.k, **options)

    def _running(self, verify: "Verify | None", answer_of: "AnswerOf | None", parallel: int | None) -> dict[str, Any]:
        if self.keep == "all":
            raise SettingError(f"keep must be one that keeps a pass, to run {self.model}; got 'all', which rates all k")
        if self.keep is not None:
            verify, answer_of = (None, answer_of) if self.keep == "majority" else (verify, None)
        known = parallel if parallel is not None else self.parallel
        return {
            "parallel": self.k if known is None else known,
            "stop": self.stop,
            "verify": verify,
            "answer_of": answer_of,
        }
