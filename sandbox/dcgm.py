"""The page of a machine's dcgm-exporter: one series an accelerator, following what the engines on it do.

Every machine of the sandbox speaks these names, also those with accelerators NVIDIA's exporter does not know: a
simplification, so that one reader sees the whole fleet.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from sandbox.exposition import Exposition, Labels

DRIVER_VERSION = "580.95.05"
SAMPLE_SECONDS = 1.0  # ratios are means over at least this much business time
DRIVER_RESERVED_MIB = 600
MEMORY_UTILIZATION_RATIO = 0.92  # vLLM takes this share for weights and cache as soon as it is up


@dataclass(frozen=True, slots=True)
class Chip:
    """Approximate public figures; only the sandbox's own readings use them."""

    model_name: str
    memory_mib: int
    idle_watts: float
    peak_watts: float


# By the leading part of the accelerator's name, longest match first.
CHIPS = {
    "H200": Chip("NVIDIA H200", 143_771, 75, 700),
    "H100": Chip("NVIDIA H100 80GB HBM3", 81_559, 70, 700),
    "GH200": Chip("NVIDIA GH200 480GB", 97_871, 90, 900),
    "B200": Chip("NVIDIA B200", 183_359, 140, 1000),
    "A100-40": Chip("NVIDIA A100-SXM4-40GB", 40_960, 50, 400),
    "A100": Chip("NVIDIA A100-SXM4-80GB", 81_920, 55, 400),
    "A10": Chip("NVIDIA A10", 23_028, 20, 150),
    "L40S": Chip("NVIDIA L40S", 46_068, 35, 350),
    "L4": Chip("NVIDIA L4", 23_034, 16, 72),
    "T4": Chip("Tesla T4", 15_360, 10, 70),
    "V100": Chip("Tesla V100-SXM2-16GB", 16_384, 40, 300),
    "B300": Chip("NVIDIA B300", 288_000, 150, 1200),
    "GB200": Chip("NVIDIA GB200", 189_471, 150, 1200),
    "GB300": Chip("NVIDIA GB300", 288_000, 160, 1400),
    "H100-NVL": Chip("NVIDIA H100 NVL", 95_830, 65, 400),
    "H100-PCIE": Chip("NVIDIA H100 PCIe", 81_559, 50, 350),
    "RTX-PRO-6000": Chip("NVIDIA RTX PRO 6000 Blackwell Server Edition", 97_887, 40, 600),
    "MI325X": Chip("AMD Instinct MI325X", 262_128, 150, 1000),
    "MI355X": Chip("AMD Instinct MI355X", 294_896, 160, 1400),
    "MI300X": Chip("AMD Instinct MI300X", 196_592, 140, 750),
    "TPU-V5E": Chip("TPU v5e", 16_384, 60, 200),
    "TPU-V6E": Chip("TPU v6e", 32_768, 70, 250),
    "V6E": Chip("TPU v6e", 32_768, 70, 250),
    "TRAINIUM": Chip("AWS Trainium", 32_768, 60, 300),
    "INFERENTIA2": Chip("AWS Inferentia2", 32_768, 50, 190),
    "GAUDI": Chip("Intel Gaudi", 131_072, 100, 900),
}
UNKNOWN_CHIP = Chip("Accelerator", 81_920, 50, 400)


def chip_of(accelerator: str) -> Chip:
    """The figures for a catalogue's accelerator name; a plain default when the table lacks it."""
    wanted = accelerator.upper().replace(" ", "-").replace("_", "-").removeprefix("NVIDIA-")
    matches = [name for name in CHIPS if wanted.startswith(name)]
    return CHIPS[max(matches, key=len)] if matches else UNKNOWN_CHIP


@dataclass(frozen=True, slots=True)
class Work:
    """Cumulated business seconds of the engine on one accelerator; zeros when there is none."""

    busy_seconds: float = 0.0
    prefill_seconds: float = 0.0
    batch_seconds: float = 0.0
    memory_ratio: float = 0.0  # of the chip's memory, taken by weights and cache


@dataclass(slots=True)
class Accelerator:
    """One accelerator of a machine and its last readings."""

    index: int
    chip: Chip
    uuid: str
    xid: int = 0
    sampled_at: float = 0.0
    sampled: Work = field(default_factory=Work)
    busy_ratio: float = 0.0
    tensor_ratio: float = 0.0
    dram_ratio: float = 0.0
    watts: float = 0.0
    energy_joules: float = 0.0

    def sample(self, work: Work, now: float) -> None:
        """Take a reading when at least SAMPLE_SECONDS have passed; `now` in business seconds."""
        elapsed = now - self.sampled_at
        if elapsed < SAMPLE_SECONDS:
            return
        if work.busy_seconds < self.sampled.busy_seconds:
            self.sampled = Work()  # another process runs here now
        self._read(work, elapsed)
        self.energy_joules += self.watts * elapsed
        self.sampled, self.sampled_at = work, now

    def _read(self, work: Work, elapsed: float) -> None:
        """Prefill is bound by compute, decode by memory bandwidth; a larger batch uses more of the tensor cores."""
        before = self.sampled
        busy = min(1.0, (work.busy_seconds - before.busy_seconds) / elapsed)
        prefill = min(busy, (work.prefill_seconds - before.prefill_seconds) / elapsed)
        batch = (work.batch_seconds - before.batch_seconds) / elapsed
        decode = busy - prefill
        self.busy_ratio = busy
        self.tensor_ratio = min(1.0, 0.62 * prefill + decode * min(0.4, 0.004 * batch))
        self.dram_ratio = 0.35 * prefill + 0.78 * decode
        activity = 0.95 * prefill + 0.6 * decode
        self.watts = self.chip.idle_watts + (self.chip.peak_watts - self.chip.idle_watts) * activity

    @property
    def memory_used_mib(self) -> int:
        return DRIVER_RESERVED_MIB + round(self.sampled.memory_ratio * (self.chip.memory_mib - DRIVER_RESERVED_MIB))

    @property
    def celsius(self) -> int:
        return round(30 + 45 * self.watts / self.chip.peak_watts)


def accelerators_of(machine_id: str, accelerator: str, count: int, now: float) -> list[Accelerator]:
    """The accelerators of a machine; their UUIDs follow from the machine's id and stay the same for its life."""
    chip = chip_of(accelerator)
    return [
        Accelerator(
            index=index,
            chip=chip,
            uuid=f"GPU-{uuid.uuid5(uuid.NAMESPACE_OID, f'{machine_id}/{index}')}",
            sampled_at=now,
            watts=chip.idle_watts,
        )
        for index in range(count)
    ]


def dcgm_metrics(accelerators: list[Accelerator], hostname: str) -> str:
    """dcgm-exporter's default set plus the profiling ratios Purser reads."""
    page = Exposition()
    labelled = [(_labels(item, hostname), item) for item in accelerators]

    def gauge(name: str, help_text: str, values: list[float]) -> None:
        samples = [(labels, value) for (labels, _), value in zip(labelled, values, strict=True)]
        page.family(f"DCGM_FI_{name}", "gauge", help_text, samples)

    def counter(name: str, help_text: str, values: list[float]) -> None:
        samples = [(labels, value) for (labels, _), value in zip(labelled, values, strict=True)]
        page.family(f"DCGM_FI_{name}", "counter", help_text, samples)

    none = [0.0] * len(accelerators)
    gauge("DEV_SM_CLOCK", "SM clock (MHz).", [1980.0 if a.busy_ratio else 345.0 for a in accelerators])
    gauge("DEV_MEM_CLOCK", "Memory clock (MHz).", [2619.0 for _ in accelerators])
    gauge("DEV_MEMORY_TEMP", "Memory temperature (C).", [a.celsius + 6.0 for a in accelerators])
    gauge("DEV_GPU_TEMP", "Temperature (C).", [a.celsius for a in accelerators])
    gauge("DEV_POWER_USAGE", "Power draw (W).", [round(a.watts, 3) for a in accelerators])
    counter(
        "DEV_TOTAL_ENERGY_CONSUMPTION", "Energy since boot (mJ).", [round(a.energy_joules * 1000) for a in accelerators]
    )
    counter("DEV_PCIE_REPLAY_COUNTER", "PCIe replays.", none)
    gauge("DEV_GPU_UTIL", "Share of time any kernel ran (%).", [round(100 * a.busy_ratio) for a in accelerators])
    gauge("DEV_MEM_COPY_UTIL", "Memory utilisation (%).", [round(100 * a.dram_ratio) for a in accelerators])
    gauge("DEV_ENC_UTIL", "Encoder utilisation (%).", none)
    gauge("DEV_DEC_UTIL", "Decoder utilisation (%).", none)
    gauge("DEV_XID_ERRORS", "The last XID seen, not a count.", [a.xid for a in accelerators])
    gauge("DEV_FB_FREE", "Free memory (MiB).", [a.chip.memory_mib - a.memory_used_mib for a in accelerators])
    gauge("DEV_FB_USED", "Used memory (MiB).", [a.memory_used_mib for a in accelerators])
    counter("DEV_NVLINK_BANDWIDTH_TOTAL", "NVLink bandwidth, all lanes.", none)
    gauge("DEV_VGPU_LICENSE_STATUS", "vGPU licence.", none)
    counter("DEV_UNCORRECTABLE_REMAPPED_ROWS", "Rows remapped for uncorrectable errors.", none)
    counter("DEV_CORRECTABLE_REMAPPED_ROWS", "Rows remapped for correctable errors.", none)
    gauge("DEV_ROW_REMAP_FAILURE", "Whether remapping failed.", none)
    gauge("PROF_GR_ENGINE_ACTIVE", "Share of time the engine was active.", [a.busy_ratio for a in accelerators])
    gauge("PROF_SM_ACTIVE", "Mean share of SMs with a warp.", [0.85 * a.busy_ratio for a in accelerators])
    gauge(
        "PROF_PIPE_TENSOR_ACTIVE", "Share of cycles the tensor pipe was busy.", [a.tensor_ratio for a in accelerators]
    )
    gauge("PROF_DRAM_ACTIVE", "Share of cycles memory moved data.", [a.dram_ratio for a in accelerators])
    return page.text()


def _labels(item: Accelerator, hostname: str) -> Labels:
    return {
        "gpu": str(item.index),
        "UUID": item.uuid,
        "device": f"nvidia{item.index}",
        "modelName": item.chip.model_name,
        "Hostname": hostname,
        "DCGM_FI_DRIVER_VERSION": DRIVER_VERSION,
    }
