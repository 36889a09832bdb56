//! Which kernels an adapter gets, and how choices are replaced.

use super::*;

fn tuning(subgroup: [u32; 2], features: wgpu::Features, limits: &wgpu::Limits) -> Tuning {
    let [subgroup_min_size, subgroup_max_size] = subgroup;
    let real = wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan);
    let info = wgpu::AdapterInfo { subgroup_min_size, subgroup_max_size, ..real };
    Tuning::for_adapter(&info, features, limits)
}

/// Eight lanes share numbers wherever the smallest subgroup has eight, however large the largest is, else four.
#[test]
fn every_size_of_subgroups() {
    let limits = wgpu::Limits::default();
    let sizes = [2, 4, 8, 16, 32, 64];
    for (i, &least) in sizes.iter().enumerate() {
        for &most in &sizes[i..] {
            let with = tuning([least, most], wgpu::Features::SUBGROUP, &limits);
            assert_eq!(with.lanes, if least >= 4 { least.min(8) as usize } else { 0 }, "{least} to {most} lanes");
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
    assert!(tuning.to_string().starts_with("lanes=8 tiles=1 forward_tile=0 backward_tile=0 "), "{tuning}");
    tuning.set("merge", "0").unwrap();
    tuning.set("slices", "16").unwrap();
    assert!(tuning.to_string().contains(" merge=0 naive_conv2d=0 slices=16 "), "{tuning}");
    tuning.set("lanes", "0").unwrap();
    assert!(tuning.to_string().starts_with("lanes=0 tiles=1 forward_tile=0 backward_tile=0 "), "{tuning}");
    let before = tuning.clone();
    for (name, value) in [
        ("merge", "2"),
        ("slices", "0"),
        ("slices", "many"),
        ("lanes", "16"),
        ("submission_ms", ""),
        ("row_workgroups", "0"),
        ("row_workgroups", "65536"),
    ] {
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

/// A candidate replaces the choice there is where it is clearly faster, and nothing else does.
#[test]
fn the_clearly_fastest_candidate_is_chosen() {
    let before = tuning([32; 2], wgpu::Features::SUBGROUP, &wgpu::Limits::default());
    let row = |choice: &str, value, seconds| Measured { choice: choice.into(), value, seconds };
    let chosen = |rows: &[Measured]| {
        let mut tuning = before.clone();
        tuning.choose_fastest(rows);
        tuning
    };
    let tiles = |seconds: [f64; 6]| -> Vec<_> { (0..6).map(|i| row("forward_tile", i, seconds[i])).collect() };
    assert_eq!(chosen(&tiles([2.0, 3.0, 1.5, 1.0, 4.0, 2.5])).forward_tile, 3);
    assert_eq!(chosen(&tiles([2.0, 1.95, 3.0, 3.0, 3.0, 3.0])).forward_tile, 0, "a gain that may be chance");
    assert_eq!(chosen(&tiles([2.0, 1.93, 3.0, 3.0, 3.0, 3.0])).forward_tile, 1);
    assert_eq!(chosen(&tiles([2.0, f64::NAN, 3.0, 3.0, 3.0, f64::NAN])).forward_tile, 0);
    assert_eq!(chosen(&[row("merge", 0, 1.0), row("merge", 1, 2.0)]).merge, !before.merge);
    assert_eq!(chosen(&[row("merge", 0, 1.0)]), before, "not compared with the choice there is");
    assert_eq!(chosen(&[row("slices", 1, 1.0), row("lanes", 0, 1.0)]), before, "a choice that changes bits");
    assert_eq!(chosen(&[]), before);
}

/// What a clock chooses changes no bit, and a record knows it.
#[test]
fn candidates_change_no_bit() {
    let all = tuning([32; 2], wgpu::Features::SUBGROUP, &wgpu::Limits::default());
    let lanes = Tuning { tiles: false, ..all.clone() };
    let plain = Tuning { lanes: 0, ..lanes.clone() };
    assert_eq!([&all, &lanes, &plain].map(|tuning| tuning.kernels()), ["tiles", "lanes", "plain"]);
    assert_eq!([&all, &lanes, &plain].map(|tuning| tuning.candidates().len()), [6, 1, 0]);
    for Candidates { choice, values, .. } in all.candidates() {
        assert!(Tuning::NEUTRAL.contains(&choice), "{choice}");
        for value in values {
            all.clone().set(choice, &value.to_string()).unwrap();
        }
    }
    let metal = wgpu::AdapterInfo::new(wgpu::DeviceType::IntegratedGpu, wgpu::Backend::Metal);
    let mut metal = Tuning::for_adapter(&metal, wgpu::Features::empty(), &wgpu::Limits::default());
    assert_eq!((metal.kernels(), metal.choice("whole_vectors"), metal.candidates().len()), ("tiles", Some(1), 5));
    assert!(metal.set("whole_vectors", "0").is_err(), "components may not be written there");
    for name in Tuning::BY_MEASUREMENT {
        assert!(Tuning::NEUTRAL.contains(&name), "{name}");
    }
    for name in Tuning::NEUTRAL {
        assert!(all.choice(name).is_some(), "{name}");
    }
    assert_eq!(all.choice("speed"), None);
}
