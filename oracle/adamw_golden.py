"""AdamW steps of torch.optim.AdamW in float64, for stages/train/kernel/cpu.

Usage: python oracle/adamw_golden.py > stages/train/kernel/cpu/testdata/adamw.json
"""

import json

import torch

torch.manual_seed(0)
settings = [
    dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01),
    dict(lr=3e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3),
    dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
]
cases = []
for setting in settings:
    p = torch.nn.Parameter(torch.randn(7, dtype=torch.float64))
    case = dict(lr=setting["lr"], beta1=setting["betas"][0], beta2=setting["betas"][1],
                eps=setting["eps"], weight_decay=setting["weight_decay"], start=p.tolist(), steps=[])
    optimizer = torch.optim.AdamW([p], **setting)
    for step in range(4):
        p.grad = torch.randn(7, dtype=torch.float64) * 10.0 ** (step - 2)
        optimizer.step()
        state = optimizer.state[p]
        case["steps"].append(dict(grad=p.grad.tolist(), value=p.tolist(),
                                  m=state["exp_avg"].tolist(), v=state["exp_avg_sq"].tolist()))
    cases.append(case)
print(json.dumps(cases, indent=1))
