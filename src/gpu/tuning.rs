//! Every choice that depends on the adapter.
//!
//! The choices are made once, when a device is opened, by what the adapter says of itself. They are
//! printed by `stridelab devices`, and for measurements each can be replaced by name with [`Tuning::set`].
//! A new choice is a field, its default in [`Tuning::for_adapter`], and a line in `Tuning::choices`.
//!
//! Some choices set the order in which numbers are added, so another value gives another rounding: `lanes`, `tiles`,
//! `naive_conv2d`, `slices`, `slice_windows`, `split_k_workgroups`, `split_k_terms` and, past its value,
//! `loop_iterations`. The others, `tile`, `large_tile`, `large_from`, `merge` and `submission_ms`, leave every bit of a
//! result as it is.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::error::{Error, Result};

use super::adapter::is_real;
use super::shaders::{SHADERS, constant, interface};

/// How many tiles there are to choose from; `gpu::fused::tile` lists them.
pub(super) const TILE_CANDIDATES: usize = 6;

/// How kernels are chosen and run on one adapter. `Display` is one line, `name=value …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tuning {
    /// Lanes of a subgroup that share the numbers they load: the fused kernels use subgroup operations. 0
    /// where the adapter cannot run them; then, without tiles, every operation runs as it is in the plan.
    pub(super) lanes: usize,
    /// Whether the fused kernels are those of matrix products by tiles of workgroup memory, which need no subgroups,
    /// instead of those that share numbers among lanes.
    pub(super) tiles: bool,
    /// Which of the candidates in `gpu::fused::tile` such a tile is.
    pub(super) tile: usize,
    /// The same where there are at least `large_from` tiles.
    pub(super) large_tile: usize,
    /// From so many tiles on, large ones fill the device as well.
    pub(super) large_from: usize,
    /// Whether fused kernels that do not depend on each other go into one dispatch. That saves a launch, which pays
    /// up to 8 % of a step on an NVIDIA H100. A software adapter computes both sides of a branch, which costs it more than
    /// the launch.
    pub(super) merge: bool,
    /// Whether plain convolutions run the naive shader instead of the tiled one.
    pub(super) naive_conv2d: bool,
    /// The most slices into which a batch is cut for the gradients of a convolution's weights. Each slice
    /// has a partial sum of its own; the partial sums are added afterwards.
    pub(super) slices: usize,
    /// The fewest pool windows of such a slice.
    pub(super) slice_windows: usize,
    /// Split-K: a product with fewer tiles than this cuts its sums into slices, so that there are about so
    /// many workgroups.
    pub(super) split_k_workgroups: usize,
    /// Split-K: the fewest terms of a slice of a sum; by tiles there are at least 64.
    pub(super) split_k_terms: usize,
    /// Milliseconds that one submission should keep the device busy: short enough for watchdogs and for a
    /// prompt answer to Ctrl-C, long enough that the cost of a submission does not show.
    pub(super) submission_ms: usize,
    /// The most iterations of the loops of one invocation, all together; a longer sum is cut into dispatches. Of
    /// Mesa's software driver, which ends loops at 65,535 in silence, less what loops of fixed length may take; of
    /// others about half a second if each iteration waits half a microsecond for memory, as drivers stop a device
    /// that seems to hang.
    pub(super) loop_iterations: usize,
    /// The most iterations that this adapter allows.
    #[serde(skip)]
    most_iterations: usize,
    /// The most lanes that this adapter can share numbers among: `lanes` is this or 0.
    #[serde(skip)]
    most_lanes: usize,
}

/// A choice and the values that it may take.
enum Choice<'a> {
    /// 0 or 1.
    Switch(&'a mut bool),
    /// At least 1.
    Count(&'a mut usize),
    /// From 16, which every kernel can do with, to the most that the adapter allows.
    Iterations(&'a mut usize, usize),
    /// One of these.
    OneOf(&'a mut usize, Vec<usize>),
}

impl Tuning {
    /// The choices for an adapter with these limits, of whose features the device has these.
    pub fn for_adapter(info: &wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> Self {
        let most_lanes = shared_lanes(info, features, limits);
        let most_iterations = most_iterations(info);
        Tuning {
            lanes: most_lanes,
            tiles: runs_tiles(info, limits),
            tile: 0,
            large_tile: 0,
            large_from: 1000,
            merge: is_real(info),
            naive_conv2d: false,
            slices: if is_real(info) { 64 } else { 32 },
            slice_windows: 16,
            split_k_workgroups: if is_real(info) { 132 } else { 64 },
            split_k_terms: 128,
            submission_ms: if is_real(info) { 5 } else { 200 },
            loop_iterations: most_iterations,
            most_iterations,
            most_lanes,
        }
    }

    /// Replaces the choice of that name.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name or value that there is not, saying which there are.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let mut choices = self.choices();
        match choices.iter_mut().find(|(other, _)| *other == name) {
            Some((name, choice)) => choice.set(name, value),
            None => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                let what = format!("there is no tuning {name:?}");
                Err(Error::usage(what).advice(format!("choose one of {}", names.join(", "))))
            }
        }
    }

    fn choices(&mut self) -> [(&'static str, Choice<'_>); 13] {
        let mut lanes = vec![0, self.most_lanes];
        lanes.dedup();
        [
            ("lanes", Choice::OneOf(&mut self.lanes, lanes)),
            ("tiles", Choice::Switch(&mut self.tiles)),
            ("tile", Choice::OneOf(&mut self.tile, (0..TILE_CANDIDATES).collect())),
            ("large_tile", Choice::OneOf(&mut self.large_tile, (0..TILE_CANDIDATES).collect())),
            ("large_from", Choice::Count(&mut self.large_from)),
            ("merge", Choice::Switch(&mut self.merge)),
            ("naive_conv2d", Choice::Switch(&mut self.naive_conv2d)),
            ("slices", Choice::Count(&mut self.slices)),
            ("slice_windows", Choice::Count(&mut self.slice_windows)),
            ("split_k_workgroups", Choice::Count(&mut self.split_k_workgroups)),
            ("split_k_terms", Choice::Count(&mut self.split_k_terms)),
            ("submission_ms", Choice::Count(&mut self.submission_ms)),
            ("loop_iterations", Choice::Iterations(&mut self.loop_iterations, self.most_iterations)),
        ]
    }
}

impl Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut copy = self.clone();
        let settings: Vec<_> = copy.choices().iter().map(|(name, choice)| format!("{name}={choice}")).collect();
        f.write_str(&settings.join(" "))
    }
}

impl Choice<'_> {
    fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let value = text.parse::<usize>().ok();
        let allowed = match self {
            Choice::Switch(switch) => match value {
                Some(value @ (0 | 1)) => {
                    **switch = value == 1;
                    return Ok(());
                }
                _ => "0 or 1".to_string(),
            },
            Choice::Count(count) => match value {
                Some(value @ 1..) => {
                    **count = value;
                    return Ok(());
                }
                _ => "a whole number of at least 1".to_string(),
            },
            Choice::Iterations(count, most) => match value {
                Some(value) if (FEWEST_ITERATIONS..=*most).contains(&value) => {
                    **count = value;
                    return Ok(());
                }
                _ => format!("{FEWEST_ITERATIONS} to {most} on this adapter"),
            },
            Choice::OneOf(choice, values) => match value {
                Some(value) if values.contains(&value) => {
                    **choice = value;
                    return Ok(());
                }
                _ => {
                    let values: Vec<_> = values.iter().map(usize::to_string).collect();
                    format!("{} on this adapter", values.join(" or "))
                }
            },
        };
        Err(Error::usage(format!("tuning {name}={text}: {name} can be {allowed}")))
    }
}

impl Display for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Switch(switch) => write!(f, "{}", u8::from(**switch)),
            Choice::Count(value) | Choice::Iterations(value, _) | Choice::OneOf(value, _) => write!(f, "{value}"),
        }
    }
}

/// The fewest iterations that loops can be cut to: those of a tap, a row and a channel, one each, are 6.
const FEWEST_ITERATIONS: usize = 16;
/// What Mesa's software driver allows, less 1,023 for loops of fixed length, which no kernel has as many of.
const SOFTWARE_ITERATIONS: usize = 65_535 - 1023;
const ITERATIONS: usize = 1 << 20;

/// The most iterations of the loops of one invocation.
fn most_iterations(info: &wgpu::AdapterInfo) -> usize {
    // A virtual adapter may hand its work to the software driver, whose name it then bears.
    let software = !is_real(info) || info.name.to_lowercase().contains("llvmpipe");
    if software { SOFTWARE_ITERATIONS } else { ITERATIONS }
}

/// Whether an adapter runs the kernels by tiles by itself: a real one of Vulkan, of WebGPU's default limits. Two
/// invocations write two components of one vector of workgroup memory, which WGSL lets an implementation do as a write
/// of the whole vector: Vulkan's do not, others may.
fn runs_tiles(info: &wgpu::AdapterInfo, limits: &wgpu::Limits) -> bool {
    is_real(info)
        && info.backend == wgpu::Backend::Vulkan
        && limits.max_storage_buffers_per_shader_stage >= 8
        && limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x) >= 256
        && limits.max_compute_workgroup_storage_size >= 16 << 10
}

/// Lanes that share numbers in the fused kernels, or 0 where the adapter cannot run them: it lacks
/// subgroups, its smallest subgroup has fewer lanes, or one of the kernels exceeds its limits.
fn shared_lanes(info: &wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> usize {
    let lanes = constant("fused/matmul", "LANES");
    if !features.contains(wgpu::Features::SUBGROUP) || (info.subgroup_min_size as usize) < lanes {
        return 0;
    }
    let fused = SHADERS.iter().filter(|stem| stem.starts_with("fused/"));
    let mut entries = fused.flat_map(|stem| interface(stem).entries());
    let fits = entries.all(|entry| {
        entry.workgroup <= limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x)
            && entry.bindings.len() <= limits.max_storage_buffers_per_shader_stage as usize
            && entry.shared_bytes <= limits.max_compute_workgroup_storage_size
    });
    if fits { lanes } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuning(subgroup: [u32; 2], features: wgpu::Features, limits: &wgpu::Limits) -> Tuning {
        let [subgroup_min_size, subgroup_max_size] = subgroup;
        let real = wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan);
        let info = wgpu::AdapterInfo { subgroup_min_size, subgroup_max_size, ..real };
        Tuning::for_adapter(&info, features, limits)
    }

    /// Eight lanes share numbers wherever the smallest subgroup has eight, however large the largest is.
    #[test]
    fn every_size_of_subgroups() {
        let limits = wgpu::Limits::default();
        let sizes = [4, 8, 16, 32, 64];
        for (i, &least) in sizes.iter().enumerate() {
            for &most in &sizes[i..] {
                let with = tuning([least, most], wgpu::Features::SUBGROUP, &limits);
                assert_eq!(with.lanes, if least >= 8 { 8 } else { 0 }, "{least} to {most} lanes");
                let without = tuning([least, most], wgpu::Features::empty(), &limits);
                assert_eq!(without.lanes, 0, "{least} to {most} lanes, no subgroup operations");
            }
        }
    }

    #[test]
    fn small_limits_leave_the_plain_kernels() {
        let lanes = |limits: wgpu::Limits| {
            let tuning = tuning([32; 2], wgpu::Features::SUBGROUP, &limits);
            assert_eq!(tuning.tiles, tuning.lanes > 0);
            tuning.lanes
        };
        let limits = wgpu::Limits::default();
        assert_eq!(lanes(limits.clone()), 8);
        assert_eq!(lanes(wgpu::Limits { max_storage_buffers_per_shader_stage: 4, ..limits.clone() }), 0);
        assert_eq!(lanes(wgpu::Limits { max_compute_invocations_per_workgroup: 64, ..limits.clone() }), 0);
        assert_eq!(lanes(wgpu::Limits { max_compute_workgroup_storage_size: 1024, ..limits }), 0);
    }

    #[test]
    fn choices_are_replaced_by_name() {
        let mut tuning = tuning([32; 2], wgpu::Features::SUBGROUP, &wgpu::Limits::default());
        assert!(tuning.to_string().starts_with("lanes=8 tiles=1 tile=0 large_tile=0 "), "{tuning}");
        tuning.set("merge", "0").unwrap();
        tuning.set("slices", "16").unwrap();
        assert!(tuning.to_string().contains(" merge=0 naive_conv2d=0 slices=16 "), "{tuning}");
        tuning.set("lanes", "0").unwrap();
        assert!(tuning.to_string().starts_with("lanes=0 tiles=1 tile=0 large_tile=0 "), "{tuning}");
        let before = tuning.clone();
        for (name, value) in
            [("merge", "2"), ("slices", "0"), ("slices", "many"), ("lanes", "16"), ("submission_ms", "")]
        {
            let error = tuning.set(name, value).unwrap_err();
            assert!(matches!(error, Error::Usage(_)) && error.to_string().contains(name), "{error}");
        }
        let unknown = tuning.set("speed", "1").unwrap_err().to_string();
        assert!(unknown.contains("\"speed\"") && unknown.contains("merge, naive_conv2d, slices"), "{unknown}");
        assert_eq!(tuning, before, "what is refused changes nothing");
    }

    /// A record of a run has the names that [`Tuning::set`] takes.
    #[test]
    fn names_are_those_of_the_fields() {
        let mut tuning = tuning([4; 2], wgpu::Features::empty(), &wgpu::Limits::default());
        let json = serde_json::to_value(&tuning).unwrap();
        let mut names: Vec<_> = tuning.choices().iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        let mut fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        assert_eq!(names, fields);
    }
}
