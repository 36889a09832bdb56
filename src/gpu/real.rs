//! Which adapters are hardware.

/// Whether an adapter is a piece of hardware rather than a program on the CPU.
pub fn is_real(info: &wgpu::AdapterInfo) -> bool {
    info.device_type != wgpu::DeviceType::Cpu
}
